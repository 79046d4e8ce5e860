// The place of an event: its time, and its number in the stream. The only clock of this service.
#pragma once

#include <cstdint>

namespace peer_observer::detector {

/// UNIX time in nanoseconds, of events.
using Time = std::uint64_t;

inline constexpr Time kSecond = 1'000'000'000;

inline Time seconds(double value) { return static_cast<Time>(value * static_cast<double>(kSecond)); }

struct Moment {
    Time time = 0;
    std::uint64_t publisher_id = 0;
    std::uint64_t sequence = 0;
};

} // namespace peer_observer::detector
