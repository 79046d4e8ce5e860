// Types of option values that Boost reads too loosely, for `boost::program_options::value<>`.
#pragma once

#include <boost/any.hpp>

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace peer_observer::app {

/// A number from 0 to 2^64-1. (For an unsigned integer Boost takes -1 as the largest number.)
struct Count {
    std::uint64_t value = 0;
};

/// A time span above 0 and up to 10^9 seconds, written as decimal seconds: 90, 0.5.
struct Seconds {
    std::chrono::nanoseconds value{};
};

std::ostream& operator<<(std::ostream& out, const Count& count);
std::ostream& operator<<(std::ostream& out, const Seconds& seconds);

// What Boost.Program_options calls to read a value.
void validate(boost::any& out, const std::vector<std::string>& words, Count* type, int);
void validate(boost::any& out, const std::vector<std::string>& words, Seconds* type, int);

} // namespace peer_observer::app
