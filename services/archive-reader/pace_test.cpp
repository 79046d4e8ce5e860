#include "services/archive-reader/pace.h"

#include <gtest/gtest.h>

namespace peer_observer::archive_reader {
namespace {

using namespace std::chrono_literals;

const std::chrono::steady_clock::time_point kNow{1h};
constexpr std::uint64_t kOneSecond = 1'000'000'000;

TEST(PaceOfAReplay, IsTheOriginalOneTimesAFactor)
{
    Pace pace{{.factor = 10.0}};
    EXPECT_EQ(pace.due(100 * kOneSecond, 1, kNow), kNow);
    EXPECT_EQ(pace.due(105 * kOneSecond, 1, kNow), kNow + 500ms);
    EXPECT_EQ(pace.due(125 * kOneSecond, 1, kNow + 1min), kNow + 2500ms);
}

TEST(PaceOfAReplay, DoesNotWaitWhereTimeGoesBackAndGoesOnFromThere)
{
    Pace pace{{.factor = 1.0}};
    (void)pace.due(100 * kOneSecond, 1, kNow);
    EXPECT_EQ(pace.due(50 * kOneSecond, 1, kNow), kNow);
    EXPECT_EQ(pace.due(51 * kOneSecond, 1, kNow), kNow + 1s);
}

TEST(PaceOfAReplay, ShortensPausesAndSurvivesAnyJump)
{
    Pace pace{{.factor = 1.0, .max_pause = 2s}};
    (void)pace.due(0, 1, kNow);
    EXPECT_EQ(pace.due(3600 * kOneSecond, 1, kNow), kNow + 2s);
    EXPECT_EQ(pace.due(~std::uint64_t{0}, 1, kNow), kNow + 4s);
}

TEST(PaceOfAReplay, HasALimitInEvents)
{
    Pace pace{{.factor = std::nullopt, .events_per_second = 100}};
    EXPECT_EQ(pace.due(0, 50, kNow), kNow);
    EXPECT_EQ(pace.due(0, 50, kNow), kNow + 500ms);
    EXPECT_EQ(pace.due(0, 50, kNow + 10s), kNow + 10s);
}

} // namespace
} // namespace peer_observer::archive_reader
