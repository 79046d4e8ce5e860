// Events that nobody would make: no crash, no more memory than there is a limit for.
#include "services/detector/testing/lab.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace peer_observer::detector::testing {
namespace {

TEST(Hostile, SurvivesEventsWithChangedBytes)
{
    std::vector<StoredBatch> batches;
    Node node{[&](const auto& batch) { batches.push_back(batch); }};
    sim_node::play_company(node.script);
    for (const auto& attack : sim_node::attacks())
        attack.play(node.script, 0.2);
    ASSERT_GT(batches.size(), 500U);

    Lab lab;
    sim_node::Random random{7};
    for (int round = 0; round < 20; ++round) {
        for (auto batch : batches) {
            batch.publisher_id = static_cast<std::uint64_t>(round);
            ASSERT_TRUE(events::parse_batch(batch.bytes));
            for (int i = 0; i < 3; ++i)
                batch.bytes[random.below(batch.bytes.size())] = static_cast<char>(random.u64());
            // The bus lets only those through whose envelope parses.
            if (const auto frame = events::parse_batch(batch.bytes); frame && frame->event_count > 0)
                lab.observe(batch);
        }
    }
    lab.finish();
    EXPECT_GT(lab.engine().counters().events, 1'000U);
    EXPECT_GT(lab.engine().bad_events().count(), 10U);
}

TEST(Hostile, ForgetsPeersThatNobodySeesLeave)
{
    Lab lab;
    Node node{lab};
    for (int i = 0; i < 5'000; ++i)
        sim_node::Connection{node.script, node.script.distinct_host()}.shake_hands().receive("getaddr", {});
    lab.finish();
    EXPECT_EQ(lab.engine().counters().peers, 1'024U);
    EXPECT_TRUE(lab.opened().empty());
}

TEST(Hostile, LimitsAlarmsFromVeryManyAddresses)
{
    Lab lab;
    Node node{lab};
    for (int i = 0; i < 1'100; ++i) {
        sim_node::Connection peer{node.script, node.script.distinct_host()};
        peer.shake_hands().misbehave("mutated block"); // not while it sends a block
        peer.receive("block", {0}, [&] { peer.misbehave("mutated block"); });
    }
    lab.finish();
    EXPECT_TRUE(lab.opened().empty()); // it could not be decoded: no block
    for (int i = 0; i < 1'100; ++i) {
        sim_node::Connection peer{node.script, node.script.distinct_host()};
        peer.shake_hands().receive("headers", {0}, [&] { peer.misbehave("header with invalid proof of work"); });
        peer.close();
    }
    lab.finish();
    const auto opened = lab.opened();
    EXPECT_EQ(std::ranges::count(opened, "invalid_block", &proto::AnomalyReport::kind), 1'024);
    EXPECT_EQ(lab.engine().counters().refused, 76U);
}

} // namespace
} // namespace peer_observer::detector::testing
