// The wall clock, as events have it. It jumps: durations are measured with std::chrono::steady_clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace peer_observer::base {

inline std::uint64_t unix_ns()
{
    const std::chrono::nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(now.count());
}

inline std::int64_t unix_s() { return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()); }

} // namespace peer_observer::base
