// Events that begin in the middle, that are lost, that come twice; clocks that jump; restarts: nothing of it raises an
// alarm.
#include "services/detector/testing/robustness.h"

namespace peer_observer::detector::testing {
namespace {

using Stream = Robustness;

TEST_F(Stream, IgnoresAnswerToUnseenGetaddr)
{
    auto peer = old_peer("outbound-full-relay");
    peer.receive("addrv2", addresses(script, 1'000));
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(Stream, IgnoresRequestsForAnnouncementsBeforeStart)
{
    auto peer = old_peer();
    request(peer, hashes(script, 40));
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
    script.wait(200);
    request(peer, hashes(script, 40));
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("tx_probe"));
}

TEST_F(Stream, IgnoresRequestsForAnnouncementsInGap)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    node.lose(true);
    const auto announced = hashes(script, 40);
    peer.send("inv", inventory(Inventory::wtx, announced));
    node.lose(false);
    request(peer, announced);
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(Stream, IgnoresRequestsForAnnouncementsInReportedLoss)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    proto::Event lost;
    lost.mutable_events_lost()->set_tracepoint("net:outbound_message");
    lost.mutable_events_lost()->set_count(1);
    node.add(lost);
    request(peer, hashes(script, 40));
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(Stream, IgnoresDeliveriesInGap)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    const Hash block = script.random.hash();
    peer.send("getdata", inventory(Inventory::witness_block, {block}));
    for (int i = 0; i < 20; ++i) {
        const auto items = hashes(script, 20);
        peer.receive("inv", inventory(Inventory::wtx, items)).send("getdata", inventory(Inventory::wtx, items));
    }
    node.lose(true);
    script.wait(1);
    node.lose(false);
    script.wait(400);
    peer.send("getdata", inventory(Inventory::wtx, hashes(script, 1)));
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(Stream, IgnoresSpyForAnHourAfterGap)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    peer.send("inv", inventory(Inventory::wtx, hashes(script, 2'000)));
    script.wait(3'500);
    node.lose(true);
    script.wait(1);
    node.lose(false);
    peer.send("inv", inventory(Inventory::wtx, hashes(script, 2'000)));
    script.wait(3'500);
    peer.send("inv", inventory(Inventory::wtx, hashes(script, 1)));
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
    script.wait(200);
    peer.send("inv", inventory(Inventory::wtx, hashes(script, 1)));
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("spy_peer"));
}

TEST_F(Stream, IgnoresPeersGoneByRestart)
{
    std::vector<sim_node::Connection> peers;
    for (int i = 0; i < 60; ++i)
        peers.emplace_back(script, script.distinct_host()).shake_hands();
    script.wait(300);
    for (auto& peer : peers)
        peer.close();
    node.set_clock(node.now() + 30 * kSecond);
    node.pid = 200;
    script.wait(300);
    sim_node::Connection{script, script.distinct_host()}.shake_hands();
    script.wait(300);
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(Stream, KeepsAlarmOverRestartAndClosesItLater)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands().receive("addrv2", addresses(script, 60));
    node.pid = 200;
    script.wait(1'000);
    lab.finish();
    EXPECT_THAT(lab.opened(), SizeIs(1));
    EXPECT_EQ(lab.closed(), 1U);
}

TEST_F(Stream, ClosesAnomaliesWhenClockIsSetBack)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands().receive("addrv2", addresses(script, 60));
    script.wait(10);
    node.set_clock(node.now() - 86'400 * kSecond);
    script.wait(1'000);
    lab.finish();
    EXPECT_THAT(lab.opened(), SizeIs(1));
    EXPECT_EQ(lab.closed(), 1U);
}

TEST_F(Stream, IgnoresClockThatJumpsAhead)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands().send("getdata", inventory(Inventory::witness_block, {script.random.hash()}));
    node.set_clock(node.now() + 86'400 * kSecond);
    script.wait(10);
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(Stream, CountsDuplicateEventsOnce)
{
    std::vector<StoredBatch> batches;
    Node twice{[&](const auto& batch) { batches.push_back(batch); }};
    attacks()[0].play(twice.script, 0.75);
    for (int i = 0; i < 2; ++i)
        for (const auto& batch : batches)
            lab.observe(batch);
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
    EXPECT_EQ(lab.engine().counters().duplicates, batches.size());
}

TEST_F(Stream, SkipsUnreadableEventOnly)
{
    sim_node::Connection peer{script, kHost};
    StoredBatch bad{.node = "alpha", .publisher_id = 2, .first_sequence = 0, .events = 1};
    bad.bytes = std::string{"\x2a\x03\x5a\x09\x01", 5}; // a batch with an event that ends early
    lab.observe(bad);
    peer.shake_hands().receive("addrv2", addresses(script, 60));
    lab.finish();
    EXPECT_EQ(lab.engine().bad_events().count(), 1U);
    EXPECT_THAT(lab.kinds(), ElementsAre("addr_flood"));
}

TEST_F(Stream, AppliesChangedThresholdFromThenOn)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands().receive("addrv2", addresses(script, 15));
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
    lab.settings().threshold("addr_flood.excess") = 15;
    peer.receive("addrv2", addresses(script, 1));
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("addr_flood"));
}

} // namespace
} // namespace peer_observer::detector::testing
