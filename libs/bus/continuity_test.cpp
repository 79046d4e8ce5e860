#include "libs/bus/continuity.h"

#include <gtest/gtest.h>

#include <limits>

namespace peer_observer::bus {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

/// Batches of node `alpha`, on the first connection unless told otherwise, a minute after the start.
class ContinuityTest : public ::testing::Test {
protected:
    Continuity::Verdict next(std::uint64_t id, std::uint64_t first, std::uint64_t count, std::uint64_t connection = 1,
                             bool last = false, std::string_view node = "alpha")
    {
        return continuity_.next(frame(id, first, count, last, node), connection, std::chrono::seconds{60});
    }
    static events::Batch frame(std::uint64_t id, std::uint64_t first, std::uint64_t count, bool last = false,
                               std::string_view node = "alpha")
    {
        return {
            .node = node, .publisher_id = id, .first_sequence = first, .event_count = count, .bytes = {}, .last = last};
    }

    Continuity continuity_{3};
};

TEST_F(ContinuityTest, MissesNothingBeforeFirstBatch)
{
    EXPECT_EQ(next(1, 1000, 10).missed, 0U);
    EXPECT_EQ(next(2, 0, 10).missed, 0U);
}

TEST_F(ContinuityTest, CountsEachPublishersGapsExactly)
{
    next(1, 0, 10);
    next(2, 0, 10);
    EXPECT_EQ(next(1, 10, 5).missed, 0U);
    EXPECT_EQ(next(1, 18, 1).missed, 3U);
    EXPECT_EQ(next(2, 10, 1).missed, 0U);
    EXPECT_EQ(next(1, 19, 0).missed, 0U);
}

TEST_F(ContinuityTest, ReportsGapOfHeartbeatOnce)
{
    next(1, 0, 10);
    EXPECT_EQ(next(1, 14, 0).missed, 4U);
    EXPECT_EQ(next(1, 14, 1).missed, 0U);
}

TEST_F(ContinuityTest, GoesOnFromABatchThatWentBackwards)
{
    next(1, 100, 10);
    const auto verdict = next(1, 109, 1);
    EXPECT_TRUE(verdict.went_backwards);
    EXPECT_EQ(verdict.missed, 0U);
    next(1, 5, 1);
    EXPECT_EQ(next(1, 8, 1).missed, 2U);
}

TEST_F(ContinuityTest, CountsImpossibleJumpAsUnknownLoss)
{
    next(1, 0, 7);
    const auto verdict = next(1, kMax, 0);
    EXPECT_EQ(verdict.missed, 0U);
    EXPECT_EQ(verdict.claimed, kMax - 7);
    ASSERT_TRUE(verdict.unknown);
    EXPECT_EQ(verdict.unknown->publisher_id, 1U);
    EXPECT_EQ(verdict.unknown->next_sequence, 7U);
    EXPECT_TRUE(next(1, 0, kMax).went_backwards);
    EXPECT_FALSE(next(1, kMax, 0).unknown);
}

TEST_F(ContinuityTest, LimitsSumOfJumpsToThatOfOneJump)
{
    std::uint64_t believed = 0;
    constexpr std::uint64_t kJump = 100'000'000;
    next(1, 0, 0);
    for (std::uint64_t i = 1; i <= 1000; ++i)
        believed += next(1, i * kJump, 0).missed;
    EXPECT_EQ(believed, Continuity::kCredibleEvents + 60 * Continuity::kCredibleEventsPerSecond);
}

TEST_F(ContinuityTest, CountsUnknownLossOfReplacedPublisher)
{
    next(1, 0, 10);
    const auto verdict = next(2, 0, 5, 2);
    EXPECT_EQ(verdict.missed, 0U);
    EXPECT_EQ(verdict.claimed, 0U);
    ASSERT_TRUE(verdict.unknown);
    EXPECT_EQ(verdict.unknown->publisher_id, 1U);
    EXPECT_EQ(verdict.unknown->next_sequence, 10U);
    EXPECT_FALSE(next(2, 5, 1, 2).unknown) << "once";
}

TEST_F(ContinuityTest, CountsNoLossOfPublisherThatSaidItStops)
{
    next(1, 0, 10);
    EXPECT_EQ(next(1, 12, 0, 1, true).missed, 2U) << "what was dropped at its end is counted exactly";
    EXPECT_FALSE(next(2, 0, 5, 2).unknown);
}

TEST_F(ContinuityTest, CountsNoLossOfPublisherThatReturns)
{
    next(1, 0, 10);
    const auto verdict = next(1, 13, 1, 2);
    EXPECT_EQ(verdict.missed, 3U);
    EXPECT_FALSE(verdict.unknown);
}

TEST_F(ContinuityTest, KeepsPublishersOfSameConnectionAndOfOtherNodes)
{
    next(1, 0, 10);
    EXPECT_FALSE(next(2, 0, 10).unknown) << "a replay sends what many have published";
    EXPECT_FALSE(next(3, 0, 10, 2, false, "beta").unknown);
}

TEST_F(ContinuityTest, CountsEventsSentBeforeRedialAsMissed)
{
    next(1, 0, 10, 1, true);
    EXPECT_EQ(next(2, 25, 1, 2).missed, 25U);
}

TEST_F(ContinuityTest, StartCountsOnlyForAPublisherThatIsNew)
{
    continuity_.start(frame(1, 10, 1), 1);
    EXPECT_EQ(next(1, 15, 1).missed, 5U);
    continuity_.start(frame(1, 0, 1), 1);
    EXPECT_EQ(next(1, 17, 1).missed, 1U);
}

TEST_F(ContinuityTest, ReportsUnknownLossEvenIfNextBatchWasDropped)
{
    next(1, 0, 10);
    continuity_.start(frame(2, 0, 4), 2);
    const auto verdict = next(2, 4, 1, 2);
    EXPECT_TRUE(verdict.unknown);
    EXPECT_EQ(verdict.missed, 4U);
}

TEST_F(ContinuityTest, ForgetsThePublisherThatWasSilentForLongest)
{
    for (const std::uint64_t id : {1U, 2U, 3U})
        next(id, 0, 1);
    next(1, 1, 1);
    next(4, 0, 1);
    EXPECT_EQ(next(1, 5, 1).missed, 3U);
    EXPECT_EQ(next(2, 5, 1).missed, 0U);
    EXPECT_EQ(next(4, 5, 1).missed, 4U);
}

} // namespace
} // namespace peer_observer::bus
