#include "services/extractor/clocks.h"

#include <gtest/gtest.h>

namespace peer_observer::extractor {
namespace {

constexpr std::int64_t kOffset = 1'800'000'000'000'000'000;
constexpr std::int64_t kReading = 20;
constexpr std::int64_t kPause = 4'000'000; ///< of a thread that has lost the processor

/// Clocks that a reading sets forward by kReading, and that of number `paused` by kPause before it.
struct Clocks {
    std::int64_t now = 1'000;
    int readings = 0;
    int paused = -1;
};
Clocks clocks;

std::int64_t read(clockid_t clock)
{
    if (clocks.readings++ == clocks.paused) clocks.now += kPause;
    clocks.now += kReading;
    return clocks.now + (clock == CLOCK_REALTIME ? kOffset : 0);
}

TEST(Clocks, TellTheOffsetOfUnixTime)
{
    clocks = {};
    EXPECT_EQ(unix_time_offset_ns(read), kOffset);
    EXPECT_NEAR(static_cast<double>(unix_time_offset_ns() - (clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC))), 0,
                1e9);
}

TEST(Clocks, IgnoreAPauseWhereverItComes)
{
    clocks = {};
    unix_time_offset_ns(read);
    const int readings = clocks.readings;
    for (int paused = 0; paused < readings; ++paused) {
        clocks = {.paused = paused};
        EXPECT_EQ(unix_time_offset_ns(read), kOffset) << "before reading " << paused;
    }
}

} // namespace
} // namespace peer_observer::extractor
