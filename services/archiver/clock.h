// The time, behind an interface: tests let the clock jump.
#pragma once

#include "libs/base/clock.h"

#include <chrono>
#include <cstdint>

namespace peer_observer::archiver {

class Clock {
public:
    virtual ~Clock() = default;
    /// The clock on the wall, which jumps. Nothing is timed by it.
    virtual std::uint64_t unix_ns() { return base::unix_ns(); }
    virtual std::chrono::steady_clock::time_point steady() { return std::chrono::steady_clock::now(); }
};

} // namespace peer_observer::archiver
