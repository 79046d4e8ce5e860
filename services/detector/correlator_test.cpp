#include "services/detector/testing/lab.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace peer_observer::detector::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

const sim_node::Attack& attack(std::string_view kind)
{
    return *std::ranges::find(sim_node::attacks(), kind, &sim_node::Attack::kind);
}

std::vector<std::string> bytes_of(const Lab& lab)
{
    std::vector<std::string> result;
    for (const auto& event : lab.published)
        result.push_back(event.SerializeAsString());
    return result;
}

/// Five nodes that one host floods, one second after the other; their batches in the order of time.
std::vector<StoredBatch> five_nodes(std::string_view kind)
{
    std::vector<StoredBatch> batches;
    for (std::uint64_t i = 0; i < 5; ++i) {
        Node node{[&](const auto& batch) { batches.push_back(batch); }, "node" + std::to_string(i), i + 1, 1, i};
        node.script.wait(static_cast<double>(i));
        attack(kind).play(node.script, 2);
        node.script.wait(1'000);
    }
    std::ranges::stable_sort(batches, {}, &StoredBatch::time);
    return batches;
}

TEST(Correlator, MergesOneAttackerOnFiveNodesIntoOneAnomaly)
{
    Lab lab;
    for (const auto& batch : five_nodes("ping_flood"))
        lab.observe(batch);
    lab.finish();
    ASSERT_THAT(lab.opened(), SizeIs(1));
    EXPECT_EQ(lab.closed(), 1U);
    const auto& closed = lab.published.back().anomaly().closed();
    EXPECT_EQ(closed.subject(), "203.0.113.66");
    std::vector<std::string> nodes;
    for (const auto& node : closed.nodes())
        nodes.push_back(node.node());
    EXPECT_THAT(nodes, ElementsAre("node0", "node1", "node2", "node3", "node4"));
    EXPECT_GT(closed.confidence_percent(), lab.opened()[0].confidence_percent());
}

TEST(Correlator, SeparatesAnomaliesOfNodesThemselves)
{
    Lab lab;
    for (const auto& batch : five_nodes("time_skew"))
        lab.observe(batch);
    lab.finish();
    EXPECT_THAT(lab.opened(), SizeIs(5));
}

TEST(Correlator, ReportsTheSameForAnyOrderOfNodes)
{
    const auto in_order = five_nodes("ping_flood");
    Lab expected;
    for (const auto& batch : in_order)
        expected.observe(batch);
    expected.finish();
    ASSERT_FALSE(expected.published.empty());

    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        // Every node's events come in order, but up to two seconds late.
        sim_node::Random random{seed};
        std::array<Time, 5> delay{};
        for (auto& by : delay)
            by = random.below(2 * kSecond);
        auto shifted = in_order;
        std::ranges::stable_sort(shifted, {},
                                 [&](const auto& batch) { return batch.time + delay[batch.publisher_id - 1]; });
        Lab lab;
        for (const auto& batch : shifted)
            lab.observe(batch);
        lab.finish();
        EXPECT_EQ(bytes_of(lab), bytes_of(expected));
    }
}

TEST(Correlator, ReportsTheSameForAnyBatchSize)
{
    std::vector<std::vector<std::string>> results;
    for (const std::size_t events : {1U, 7U, 1'000U}) {
        Lab lab;
        Node node{[&](const auto& batch) { lab.observe(batch); }, "alpha", 1, events};
        sim_node::play_company(node.script);
        for (const auto& each : sim_node::attacks())
            each.play(node.script, 2);
        node.flush();
        lab.finish();
        results.push_back(bytes_of(lab));
    }
    ASSERT_GE(results[0].size(), sim_node::attacks().size());
    EXPECT_EQ(results[0], results[1]);
    EXPECT_EQ(results[0], results[2]);
}

TEST(Correlator, UpdatesOpenAnomalyOnceAMinute)
{
    Lab lab;
    Node node{lab};
    sim_node::Connection peer{node.script, "203.0.113.66"};
    peer.shake_hands();
    for (int i = 0; i < 3'000; ++i) { // ten pings a second for five minutes
        peer.receive("ping", sim_node::payloads::nonce(7));
        node.script.wait(0.1);
    }
    node.script.wait(600);
    lab.finish();
    EXPECT_THAT(lab.opened(), SizeIs(1));
    EXPECT_EQ(lab.closed(), 1U);
    EXPECT_GE(lab.published.size(), 6U);
    EXPECT_LE(lab.published.size(), 8U);
    const auto& closed = lab.published.back().anomaly().closed().nodes(0);
    EXPECT_GE(closed.figures(0).value(), 500);
    EXPECT_EQ(closed.evidence_size(), 8);
}

TEST(Correlator, ClosesAnomaliesWhenExtractorRestarts)
{
    Lab lab;
    Node before{lab, "alpha", 1};
    attack("ping_flood").play(before.script, 2);
    before.stop();
    Node after{lab, "alpha", 2};
    after.set_clock(before.now());
    after.script.wait(10);
    lab.finish();
    EXPECT_THAT(lab.opened(), SizeIs(1));
    EXPECT_EQ(lab.closed(), 1U);
}

} // namespace
} // namespace peer_observer::detector::testing
