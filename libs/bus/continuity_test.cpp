#include "libs/bus/continuity.h"

#include <gtest/gtest.h>

#include <limits>

namespace peer_observer::bus {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

TEST(Continuity, FirstBatchOfAPublisherMissesNothing)
{
    Continuity continuity;
    EXPECT_EQ(continuity.next(1, 1000, 10).missed, 0U);
    EXPECT_EQ(continuity.next(2, 0, 10).missed, 0U);
}

TEST(Continuity, CountsEachPublishersGapsExactly)
{
    Continuity continuity;
    continuity.next(1, 0, 10);
    continuity.next(2, 0, 10);
    EXPECT_EQ(continuity.next(1, 10, 5).missed, 0U);
    EXPECT_EQ(continuity.next(1, 18, 1).missed, 3U);
    EXPECT_EQ(continuity.next(2, 10, 1).missed, 0U);
    EXPECT_EQ(continuity.next(1, 19, 0).missed, 0U);
}

TEST(Continuity, AHeartbeatShowsAGapOnce)
{
    Continuity continuity;
    continuity.next(1, 0, 10);
    EXPECT_EQ(continuity.next(1, 14, 0).missed, 4U);
    EXPECT_EQ(continuity.next(1, 14, 1).missed, 0U);
}

TEST(Continuity, GoesOnFromABatchThatWentBackwards)
{
    Continuity continuity;
    continuity.next(1, 100, 10);
    const auto verdict = continuity.next(1, 109, 1);
    EXPECT_TRUE(verdict.went_backwards);
    EXPECT_EQ(verdict.missed, 0U);
    continuity.next(1, 5, 1);
    EXPECT_EQ(continuity.next(1, 8, 1).missed, 2U);
}

TEST(Continuity, StandsTheLargestNumbers)
{
    Continuity continuity;
    continuity.next(1, 0, 0);
    EXPECT_EQ(continuity.next(1, kMax, 0).missed, kMax);
    EXPECT_TRUE(continuity.next(1, 0, kMax).went_backwards);
    EXPECT_EQ(continuity.next(1, kMax, 0).missed, 0U);
}

TEST(Continuity, StartCountsOnlyForAPublisherThatIsNew)
{
    Continuity continuity;
    continuity.start(1, 10);
    EXPECT_EQ(continuity.next(1, 15, 1).missed, 5U);
    continuity.start(1, 0);
    EXPECT_EQ(continuity.next(1, 17, 1).missed, 1U);
}

TEST(Continuity, ForgetsThePublisherThatWasSilentForLongest)
{
    Continuity continuity{2};
    continuity.next(1, 0, 1);
    continuity.next(2, 0, 1);
    continuity.next(1, 1, 1);
    continuity.next(3, 0, 1);
    EXPECT_EQ(continuity.next(1, 5, 1).missed, 3U);
    EXPECT_EQ(continuity.next(2, 5, 1).missed, 0U);
    EXPECT_EQ(continuity.next(3, 5, 1).missed, 0U);
}

} // namespace
} // namespace peer_observer::bus
