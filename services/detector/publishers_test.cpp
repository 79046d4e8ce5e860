// Nodes of which several publishers tell, and publishers that fall silent or start again.
#include "services/detector/testing/robustness.h"

namespace peer_observer::detector::testing {
namespace {

using Publishers = Robustness;
using Report = proto::AnomalyReport;

proto::Event peer_list(int count, std::uint32_t system)
{
    proto::Event event;
    auto& list = *event.mutable_rpc()->mutable_getpeerinfo();
    for (int i = 0; i < count; ++i) {
        auto& peer = *list.add_peers();
        peer.set_id(i);
        peer.set_addr("240." + std::to_string(i) + ".0.1:5000");
        peer.set_inbound(i % 10 != 0); // the others are outbound
        peer.set_mapped_as(system);
        peer.set_subver("/Satoshi:27.0.0/");
    }
    return event;
}

std::vector<Report> closed(const Lab& lab)
{
    std::vector<Report> result;
    for (const auto& event : lab.published)
        if (event.anomaly().has_closed()) result.push_back(event.anomaly().closed());
    return result;
}

void flood(Node& node)
{
    sim_node::Connection peer{node.script, kHost};
    peer.shake_hands().receive("addrv2", addresses(node.script, 60));
}

TEST_F(Publishers, FindAutonomousSystemAtTwiceTheThresholdNotAtHalf)
{
    Node rpc{lab, "alpha", 2};
    rpc.add(peer_list(20, 64500));
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
    rpc.add(peer_list(84, 64500));
    lab.finish();
    ASSERT_THAT(lab.kinds(), ElementsAre("sybil"));
    const auto report = lab.opened()[0];
    EXPECT_EQ(report.subject(), "AS64500");
    EXPECT_EQ(report.nodes(0).figures(0).value(), 75);
    EXPECT_EQ(report.nodes(0).evidence_size(), 1);
}

TEST_F(Publishers, FindNoAutonomousSystemWithoutAsmap)
{
    Node rpc{lab, "alpha", 2};
    rpc.add(peer_list(125, 0));
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(Publishers, KeepExtractorAndRpcExtractorSideBySide)
{
    Node rpc{lab, "alpha", 2};
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    for (int i = 0; i < 12; ++i) {
        peer.receive("addrv2", addresses(script, 2));
        rpc.set_clock(node.now());
        rpc.add(peer_list(10, 64500));
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("addr_flood"));
    EXPECT_EQ(lab.closed(), 0U);
}

TEST_F(Publishers, IgnoreOtherRpcAnswers)
{
    Node rpc{lab, "alpha", 2};
    proto::Event event;
    (*event.mutable_rpc()->mutable_getrawaddrman()->mutable_new_())["1/2"].set_address("240.0.0.1");
    rpc.add(event);
    lab.finish();
    EXPECT_EQ(lab.engine().counters().events, 1U);
    EXPECT_EQ(lab.engine().counters().streams, 0U);
}

TEST_F(Publishers, CloseSilentNodeByTheTimeOfOthers)
{
    lab.settings().times.close_after = 7'200 * kSecond;
    Node other{lab, "beta", 2};
    other.script.wait(1);
    flood(node);
    const Time last = node.now();
    for (int i = 0; i < 603; ++i)
        other.script.wait(1);
    lab.finish();
    EXPECT_EQ(lab.closed(), 0U);
    for (int i = 0; i < 12; ++i)
        other.script.wait(1);
    lab.finish();
    ASSERT_THAT(closed(lab), SizeIs(1));
    EXPECT_EQ(closed(lab)[0].ending(), Report::SILENCE);
    EXPECT_EQ(lab.published.back().timestamp_ns(), last + 600 * kSecond);
}

TEST_F(Publishers, CloseSilentNodeByItsLaterEvents)
{
    lab.settings().times.close_after = 7'200 * kSecond;
    flood(node);
    const Time last = node.now();
    node.set_clock(last + 3'000 * kSecond);
    sim_node::Connection{script, script.distinct_host()}.shake_hands();
    lab.finish();
    ASSERT_THAT(closed(lab), SizeIs(1));
    EXPECT_EQ(closed(lab)[0].ending(), Report::SILENCE);
    EXPECT_EQ(lab.published.back().timestamp_ns(), last + 600 * kSecond);
}

TEST_F(Publishers, KeepNodeWhoseClockIsBehind)
{
    lab.settings().times.close_after = 7'200 * kSecond;
    Node other{lab, "beta", 2};
    other.set_clock(node.now() + 7'000 * kSecond);
    other.script.wait(1);
    flood(node);
    for (int i = 0; i < 100; ++i) {
        other.script.wait(60);
        script.wait(60);
    }
    lab.finish();
    EXPECT_THAT(lab.opened(), SizeIs(1));
    EXPECT_EQ(lab.closed(), 0U);
}

TEST_F(Publishers, CloseSilentNodeForAnyMixOfEvents)
{
    std::vector<StoredBatch> batches;
    Node::Sink keep = [&](const auto& batch) { batches.push_back(batch); };
    Node alpha{keep, "alpha", 1};
    Node beta{keep, "beta", 2};
    beta.script.wait(5);
    flood(alpha);
    beta.script.wait(1'000);
    flood(beta);
    beta.script.wait(100);
    alpha.set_clock(beta.now());
    flood(alpha);
    std::vector<std::vector<std::string>> results;
    for (const Time delay : {Time{0}, kSecond, 3 * kSecond}) {
        for (const std::uint64_t late : {1U, 2U}) {
            std::ranges::stable_sort(batches, {}, [&](const auto& batch) {
                return std::pair{batch.time + (batch.publisher_id == late ? delay : 0), batch.publisher_id};
            });
            Lab mixed;
            mixed.settings().times.close_after = 7'200 * kSecond;
            for (const auto& batch : batches)
                mixed.observe(batch);
            mixed.finish();
            auto& result = results.emplace_back();
            for (const auto& event : mixed.published)
                result.push_back(event.ShortDebugString());
        }
    }
    EXPECT_GE(results[0].size(), 3U);
    for (const auto& result : results)
        EXPECT_EQ(result, results[0]);
}

TEST_F(Publishers, CloseAnomaliesWhenExtractorRestarts)
{
    flood(node);
    node.stop();
    Node after{lab, "alpha", 2};
    after.set_clock(node.now() + 30 * kSecond);
    after.script.wait(1);
    lab.finish();
    ASSERT_THAT(closed(lab), SizeIs(1));
    EXPECT_EQ(closed(lab)[0].ending(), Report::PUBLISHER_RESTARTED);
}

TEST_F(Publishers, ReplaceKilledExtractorOnceItIsSilent)
{
    flood(node);
    Node after{lab, "alpha", 2};
    after.set_clock(node.now() + kSecond);
    after.script.wait(20);
    lab.finish();
    EXPECT_THAT(closed(lab), IsEmpty());
    after.script.wait(15);
    lab.finish();
    ASSERT_THAT(closed(lab), SizeIs(1));
    EXPECT_EQ(closed(lab)[0].ending(), Report::PUBLISHER_RESTARTED);
}

TEST_F(Publishers, CloseAnomaliesWhenClockIsSetBack)
{
    flood(node);
    node.set_clock(node.now() - 86'400 * kSecond);
    script.wait(1);
    lab.finish();
    ASSERT_THAT(closed(lab), SizeIs(1));
    EXPECT_EQ(closed(lab)[0].ending(), Report::CLOCK_SET_BACK);
}

TEST_F(Publishers, CloseWhatIsNoLongerSeen)
{
    flood(node);
    script.wait(1'000);
    lab.finish();
    ASSERT_THAT(closed(lab), SizeIs(1));
    EXPECT_EQ(closed(lab)[0].ending(), Report::OVER);
}

} // namespace
} // namespace peer_observer::detector::testing
