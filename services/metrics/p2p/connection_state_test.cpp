#include "services/metrics/p2p/connection_state.h"

#include <gtest/gtest.h>

namespace peer_observer::metrics {
namespace {

using enum Direction;

TEST(ConnectionState, SaysNothingBeforeTheFirstCount)
{
    ConnectionState state;
    EXPECT_FALSE(state.current(inbound));
    state.seen({1, 1});
    state.closed(inbound, 5);
    state.evicted(6);
    EXPECT_FALSE(state.current(inbound));
}

TEST(ConnectionState, StaysAtZeroOrAbove)
{
    ConnectionState state;
    state.seen({1, 1});
    state.opened(inbound, 1, 1);
    for (int i = 0; i < 5; ++i)
        state.closed(inbound, i);
    EXPECT_EQ(state.current(inbound), 0U);
}

TEST(ConnectionState, GetsRightAgainWithTheNextCount)
{
    ConnectionState state;
    state.seen({1, 1});
    state.opened(inbound, 1, 10);
    state.opened(inbound, 9, 4); // seven closings were lost
    EXPECT_EQ(state.current(inbound), 4U);
}

TEST(ConnectionState, CountsAProcessThatTwoPublishersReportOnce)
{
    ConnectionState state;
    for (const std::uint64_t publisher : {1U, 2U}) {
        state.seen({publisher, 100});
        state.opened(inbound, 1, 10);
    }
    state.seen({1, 100});
    state.closed(inbound, 1);
    EXPECT_EQ(state.current(inbound), 9U);
    state.publisher_gone(1);
    EXPECT_EQ(state.current(inbound), 10U);
}

TEST(ConnectionState, TellsNewProcessesFromKnownOnes)
{
    ConnectionState state;
    using enum ConnectionState::Process;
    EXPECT_EQ(state.seen({1, 1}), unknown);
    EXPECT_EQ(state.seen({1, 1}), same);
    EXPECT_EQ(state.seen({1, 2}), unknown);
    EXPECT_EQ(state.seen({1, 1}), other);
    EXPECT_EQ(state.seen({2, 1}), unknown);
}

TEST(ConnectionState, KeepsTheSamePeersOfTwoProcessesOfAPublisherApart)
{
    ConnectionState state;
    state.seen({1, 100, 5});
    state.opened(inbound, 7, 10);
    state.evicted(7);
    state.seen({1, 200, 6});
    state.opened(inbound, 7, 3);
    state.closed(inbound, 7); // not the evicted one of the other process
    state.seen({1, 100, 5});
    EXPECT_EQ(state.current(inbound), 9U + 2U);
    state.closed(inbound, 7);
    EXPECT_EQ(state.current(inbound), 9U + 2U) << "it left when it was evicted";
}

TEST(ConnectionState, TakesAProcessThatHasThePidOfAnEarlierOneForANewOne)
{
    ConnectionState state;
    EXPECT_EQ(state.seen({1, 1, 1000}), ConnectionState::Process::unknown);
    state.opened(inbound, 1, 40);
    EXPECT_EQ(state.seen({1, 1, 2000}), ConnectionState::Process::unknown) << "the container was started again";
    EXPECT_FALSE(state.current(inbound));
    state.opened(inbound, 0, 1);
    EXPECT_EQ(state.current(inbound), 1U);
}

TEST(ConnectionState, CountsAProcessOnceWhoseStartOnlyOnePublisherKnows)
{
    ConnectionState state;
    state.seen({1, 100, 0});
    state.opened(inbound, 1, 10);
    state.seen({2, 100, 5});
    state.opened(inbound, 1, 10);
    state.seen({1, 100, 0});
    EXPECT_EQ(state.current(inbound), 10U);
}

TEST(ConnectionState, TakesAnyNumberOfProcessesAndEvictions)
{
    ConnectionState state;
    for (std::uint32_t pid = 0; pid < 1000; ++pid) {
        state.seen({pid, pid});
        state.opened(outbound, 1, 3);
    }
    EXPECT_EQ(state.current(outbound), 3U);
    state.opened(inbound, 1, 50);
    for (std::int64_t peer = 0; peer < 100'000; ++peer)
        state.evicted(peer);
    EXPECT_EQ(state.current(inbound), 0U);
    state.publisher_gone(999);
    EXPECT_FALSE(state.current(outbound));
    EXPECT_EQ(state.seen({999, 999}), ConnectionState::Process::unknown);
}

} // namespace
} // namespace peer_observer::metrics
