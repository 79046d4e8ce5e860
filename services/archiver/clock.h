// The time, behind an interface: tests let the clock jump.
#pragma once

#include <chrono>
#include <cstdint>

namespace peer_observer::archiver {

class Clock {
public:
    virtual ~Clock() = default;
    /// The clock on the wall, which jumps. Nothing is timed by it.
    virtual std::uint64_t unix_ns()
    {
        return static_cast<std::uint64_t>(
            std::chrono::nanoseconds{std::chrono::system_clock::now().time_since_epoch()}.count());
    }
    virtual std::chrono::steady_clock::time_point steady() { return std::chrono::steady_clock::now(); }
};

} // namespace peer_observer::archiver
