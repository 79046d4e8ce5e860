// The wall clock, as events have it.
#pragma once

#include <chrono>
#include <cstdint>

namespace peer_observer::addr_connectivity {

inline std::uint64_t unix_ns()
{
    return static_cast<std::uint64_t>(
        std::chrono::nanoseconds{std::chrono::system_clock::now().time_since_epoch()}.count());
}

inline std::int64_t unix_s() { return static_cast<std::int64_t>(unix_ns() / 1'000'000'000); }

} // namespace peer_observer::addr_connectivity
