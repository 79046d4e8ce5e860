#include "libs/app/app.h"
#include "services/extractor/tracepoints.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace peer_observer::extractor {
namespace {

TEST(Tracepoints, LeaveOutCoinsAndCoinSelectionByDefault)
{
    const auto on = default_tracepoints();
    EXPECT_TRUE(on[NET_INBOUND_MESSAGE]);
    EXPECT_TRUE(on[UTXOCACHE_FLUSH]);
    EXPECT_FALSE(on[UTXOCACHE_ADD]);
    EXPECT_FALSE(on[COIN_SELECTION_SELECTED_COINS]);
    EXPECT_EQ(on.count(), kTracepoints.size() - 7);
}

TEST(Tracepoints, SwitchesGroupsAndSingleOnes)
{
    const auto set = select_tracepoints({"utxocache_coin"}, {"message", "utxocache:spent"});
    EXPECT_TRUE(set[UTXOCACHE_ADD]);
    EXPECT_FALSE(set[UTXOCACHE_SPENT]);
    EXPECT_FALSE(set[NET_INBOUND_MESSAGE]);
    EXPECT_TRUE(set[NET_INBOUND_CONNECTION]);
}

TEST(Tracepoints, NamesWhatItDoesNotKnow)
{
    try {
        select_tracepoints({}, {"mempool:readded"});
        FAIL();
    } catch (const app::UsageError& error) {
        EXPECT_THAT(error.what(),
                    testing::AllOf(testing::HasSubstr("--disable"), testing::HasSubstr("mempool:readded")));
    }
}

/// Unless two rows say so on purpose, no two tracepoints become the same kind of event.
TEST(Tracepoints, HaveKindsOfTheirOwn)
{
    std::vector<std::pair<int, int>> kinds;
    for (const auto& row : kTracepoints)
        kinds.emplace_back(row.conversion.context_field, row.conversion.event_field);
    std::ranges::sort(kinds);
    EXPECT_EQ(std::ranges::adjacent_find(kinds), kinds.end());
}

} // namespace
} // namespace peer_observer::extractor
