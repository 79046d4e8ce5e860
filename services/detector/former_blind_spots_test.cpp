// What once raised no alarm though something was wrong, each as it was found. Constants of Bitcoin Core stand here as
// they do in its source, not as the rules have them.
#include "services/detector/testing/former_findings.h"

namespace peer_observer::detector::testing {
namespace {

using FormerlyBlind = Robustness;

TEST_F(FormerlyBlind, WatchesTwoProcessesOfOneNameSeparately)
{
    Node other{lab, "alpha", 1};
    for (int i = 0; i < 14; ++i) {
        node.pid = 100;
        sim_node::Connection{script, "203.0.114." + std::to_string(i + 1)}.shake_hands();
        node.pid = 200;
        ping(node.script, 500, "240.9.9.9:8333");
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("sybil"));
    EXPECT_EQ(lab.engine().counters().processes, 2U);
    EXPECT_EQ(lab.opened()[0].nodes(0).pid(), 100U);
}

TEST_F(FormerlyBlind, WatchesAndReportsTwoLivePublishersOfOneName)
{
    Node other{lab, "alpha", 2};
    for (int i = 0; i < 14; ++i) {
        sim_node::Connection{script, "203.0.114." + std::to_string(i + 1)}.shake_hands();
        other.set_clock(node.now());
        ping(other.script, 500, "240.9.9.9:8333");
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("sybil"));
    EXPECT_EQ(lab.engine().counters().twins, 1U);
    ASSERT_THAT(lab.notices, SizeIs(1));
    EXPECT_THAT(lab.notices[0], ::testing::HasSubstr("alpha"));
}

TEST_F(FormerlyBlind, FindsPeerThatAnnouncesAndStaysSilent)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    const Bytes items = inventory(Inventory::wtx, hashes(script, 1'000));
    peer.receive("inv", items).send("getdata", items);
    script.wait(70);
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("inv_flood"));
}

TEST_F(FormerlyBlind, FindsPeerThatAnnouncesAndLeavesEachTime)
{
    announce_and_leave(script, 30);
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("inv_flood"));
}

/// Core asks each peer for headers once its tip is of today: the answer has none.
TEST_F(FormerlyBlind, FindsSpyThatSaysOneWord)
{
    for (const bool is_empty : {true, false}) {
        Lab another;
        Node its_node{another};
        sim_node::Connection peer{its_node.script, kHost};
        peer.shake_hands().send("getheaders", payloads::locator({its_node.script.random.hash()}, {}));
        if (is_empty)
            peer.receive("headers", {0});
        else
            peer.receive("inv", inventory(Inventory::wtx, hashes(its_node.script, 1)));
        for (int i = 0; i < 45; ++i) {
            peer.send("inv", inventory(Inventory::wtx, hashes(its_node.script, 40)));
            its_node.script.wait(100);
        }
        another.finish();
        EXPECT_THAT(another.kinds(), ElementsAre("spy_peer")) << is_empty;
    }
}

TEST_F(FormerlyBlind, FindsSpyThatReconnects)
{
    for (int i = 0; i < 5; ++i) {
        sim_node::Connection peer{script, kHost};
        peer.shake_hands();
        for (int j = 0; j < 20; ++j) {
            peer.send("inv", inventory(Inventory::wtx, hashes(script, 20)));
            script.wait(60);
        }
        peer.close();
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("spy_peer"));
}

TEST_F(FormerlyBlind, FindsBacklogOfOldNodeAtItsOwnLimit)
{
    script.user_agent = "/Satoshi:30.0.0/";
    announce_for_900_s(script, 100, 45); // 2,000 wait
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("inv_backlog"));
}

TEST_F(FormerlyBlind, CountsSeverityReachedWhileOpen)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    for (int i = 0; i < 1'100; ++i) {
        const auto tx = make_transaction(script.random, {{.txid = script.random.hash(), .value = 1'000'000}}, 500);
        peer.receive("tx", tx.bytes, [&] { script.emit(calls::mempool_rejected(tx.txid, "dust")); });
        script.wait(0.1);
    }
    script.wait(70);
    lab.finish();
    ASSERT_THAT(lab.kinds(), ElementsAre("tx_reject_spam"));
    const auto kinds = all_detectors();
    const auto kind =
        static_cast<std::size_t>(std::ranges::find(kinds, "tx_reject_spam", &Definition::kind) - kinds.begin());
    const auto& opened = lab.engine().counters().kinds[kind].opened;
    EXPECT_EQ(opened[proto::AnomalyReport::WARNING], 1U);
    EXPECT_EQ(opened[proto::AnomalyReport::CRITICAL], 1U);
    const auto open = lab.engine().counters().open().counts;
    ASSERT_THAT(open, SizeIs(1));
    EXPECT_EQ(open[0].severity, proto::AnomalyReport::CRITICAL);
    EXPECT_EQ(open[0].node, "alpha");
    const auto listed = lab.engine().counters().open().listed;
    ASSERT_THAT(listed, SizeIs(1));
    EXPECT_EQ(listed[0].subject, kHost);
    EXPECT_EQ(listed[0].severity, proto::AnomalyReport::CRITICAL);
}

TEST_F(FormerlyBlind, FindsStallingPeerThatSendsUnknownMessages)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands().send("getdata", inventory(Inventory::witness_block, hashes(script, 1)));
    for (int i = 0; i < 30; ++i) {
        script.wait(5);
        peer.receive("nonsense", {1, 2, 3});
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("block_stall"));
}

TEST_F(FormerlyBlind, FindsSybilOfManySubnetsInOneIpv6Network)
{
    for (int i = 0; i < 60; ++i) // three of each of 20 /48, of one /32
        sim_node::Connection{script, "2602:f5c0:" + std::to_string(i % 20 + 1) + "::" + std::to_string(i / 20 + 1),
                             "inbound", Network::ipv6}
            .shake_hands();
    lab.finish();
    ASSERT_THAT(lab.kinds(), ElementsAre("sybil"));
    EXPECT_EQ(lab.opened()[0].subject(), "2602:f5c0::/32");
}

TEST_F(FormerlyBlind, FindsChurnOfManySubnetsInOneIpv6Network)
{
    for (int i = 0; i < 600; ++i) {
        sim_node::Connection peer{script, "2602:f5c0:" + std::to_string(i % 20 + 1) + "::1", "inbound", Network::ipv6};
        peer.shake_hands();
        script.wait(1);
        peer.close();
    }
    lab.finish();
    ASSERT_THAT(lab.kinds(), ElementsAre("connection_churn"));
    EXPECT_EQ(lab.opened()[0].subject(), "2602:f5c0::/32");
}

/// 14 transactions a second are announced for 40 minutes (INVENTORY_BROADCAST_PER_SECOND of v31).
TEST_F(FormerlyBlind, FindsUnannouncedRequestsAtTheRateOfV31)
{
    lab.settings().threshold("tx_probe.requests") = 190;
    sim_node::Connection peer{script, kHost};
    peer.shake_hands().receive("inv", inventory(Inventory::wtx, hashes(script, 1)));
    for (int i = 0; i < 480; ++i) {
        peer.send("inv", inventory(Inventory::wtx, hashes(script, 70)));
        script.wait(5);
        if (i % 20 == 0) peer.receive("inv", inventory(Inventory::wtx, hashes(script, 1)));
    }
    request(peer, hashes(script, 200));
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("tx_probe"));
}

/// Its parent came from another peer later; meanwhile the peer has sent a ping.
TEST_F(FormerlyBlind, BlamesPeerForInvalidBlockConnectedLater)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands().receive("ping", payloads::nonce(7));
    peer.misbehave("");
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("invalid_block"));
}

} // namespace
} // namespace peer_observer::detector::testing
