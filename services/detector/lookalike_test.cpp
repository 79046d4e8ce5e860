// What comes nearest to an attack and is none, and what is one though it hardly looks like it.
#include "services/detector/testing/robustness.h"

namespace peer_observer::detector::testing {
namespace {

using Lookalike = Robustness;

TEST_F(Lookalike, IgnoresAnswerToOurGetaddr)
{
    sim_node::Connection peer{script, kHost, "outbound-full-relay"};
    peer.shake_hands().send("getaddr", {}).receive("addrv2", addresses(script, 1'000));
    peer.receive("addrv2", addresses(script, 1)); // its own
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
    peer.receive("addrv2", addresses(script, 40));
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("addr_flood"));
}

TEST_F(Lookalike, IgnoresAddressesAtTheRateThatCoreProcesses)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    for (int i = 0; i < 1'000; ++i) {
        script.wait(100);
        peer.receive("addrv2", addresses(script, 10));
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(Lookalike, FindsOneFloodOfManyPeersSlightlyAboveTheLimit)
{
    for (int i = 0; i < 60; ++i) {
        sim_node::Connection peer{script, script.distinct_host()};
        peer.shake_hands();
        peer.receive("addrv2", addresses(script, 19));
        for (int more = 0; more < 3; ++more) {
            script.wait(100);
            peer.receive("addrv2", addresses(script, 10));
        }
    }
    lab.finish();
    EXPECT_THAT(lab.opened(), IsEmpty()); // 18 an hour each are within what one may be wrong by
    for (int i = 0; i < 70; ++i) {
        sim_node::Connection peer{script, script.distinct_host()};
        peer.shake_hands().receive("addrv2", addresses(script, 20));
    }
    lab.finish();
    ASSERT_THAT(lab.opened(), SizeIs(1));
    EXPECT_EQ(lab.opened()[0].subject(), "node alpha");
}

TEST_F(Lookalike, IgnoresRequestsForParentsOfSentTransaction)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    for (int i = 0; i < 40; ++i) {
        const auto child = make_transaction(script.random, {{.txid = script.random.hash(), .value = 1'000'000}}, 500);
        const Bytes item = inventory(Inventory::wtx, {child.wtxid});
        peer.send("inv", item).receive("getdata", item).send("tx", child.bytes);
        peer.receive("getdata", inventory(Inventory::witness_tx, {child.inputs[0].txid}));
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(Lookalike, FindsTransactionsSilentlyNotDelivered)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    for (int i = 0; i < 8; ++i) {
        const auto items = hashes(script, 20);
        peer.receive("inv", inventory(Inventory::wtx, items)).send("getdata", inventory(Inventory::wtx, items));
        script.wait(70);
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("inv_flood"));
}

TEST_F(Lookalike, IgnoresPeerThatRequestsBlocks)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    for (int i = 0; i < 10; ++i) {
        peer.send("inv", inventory(Inventory::wtx, hashes(script, 1'000)));
        peer.receive("getdata", inventory(Inventory::witness_block, {script.random.hash()}));
        script.wait(1'000);
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(Lookalike, IgnoresSlowBlock)
{
    sim_node::Connection peer{script, kHost, "outbound-full-relay"};
    peer.shake_hands();
    // Sixteen at a time, each of which takes half a minute.
    std::vector<Mined> blocks(16);
    std::ranges::generate(blocks, [&] { return mined(script); });
    std::vector<Hash> wanted;
    for (const auto& block : blocks)
        wanted.push_back(block.hash);
    peer.send("getdata", inventory(Inventory::witness_block, wanted));
    for (const auto& block : blocks) {
        script.wait(55);
        peer.receive("block", block.bytes);
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(Lookalike, SeparatesPeersThatComeThroughTor)
{
    for (const auto network : {Network::onion, Network::unroutable}) {
        for (int i = 0; i < 200; ++i) {
            sim_node::Connection peer{script, "127.0.0.1", "inbound", network};
            peer.shake_hands().receive("getaddr", {});
            if (i % 2 == 0) peer.close();
        }
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(Lookalike, NamesTorPeerByItsConnection)
{
    sim_node::Connection other{script, "127.0.0.1", "inbound", Network::onion};
    sim_node::Connection peer{script, "127.0.0.1", "inbound", Network::onion};
    peer.shake_hands().receive("addrv2", addresses(script, 60));
    lab.finish();
    ASSERT_THAT(lab.opened(), SizeIs(1));
    EXPECT_EQ(lab.opened()[0].subject(), "peer 1 of alpha");
}

TEST_F(Lookalike, IgnoresHeadersOfManyBlocksAtOnce)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    for (int i = 0; i < 500; ++i) {
        const Bytes header = make_header(script.random, script.random.hash(), script.random.hash(), script.now_s());
        peer.receive("headers", payloads::headers({header}));
        script.emit(calls::validation_block_connected(script.random.hash(), i, 1, 0, 0, 1'000));
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(Lookalike, IgnoresChurnOfEvictedPeers)
{
    for (int i = 0; i < 90; ++i)
        sim_node::Connection{script, kHost}.evict();
    lab.finish();
    EXPECT_FALSE(lab.kinds().contains("connection_churn"));
}

TEST_F(Lookalike, CountsOrphansByRejectionsWithoutPatch)
{
    for (const int count : {50, 200}) {
        sim_node::Connection peer{script, script.distinct_host()};
        peer.shake_hands();
        for (int i = 0; i < count; ++i) {
            const auto tx = make_transaction(script.random, {{.txid = script.random.hash(), .value = 1'000'000}}, 500);
            peer.receive("tx", tx.bytes,
                         [&] { script.emit(calls::mempool_rejected(tx.txid, "bad-txns-inputs-missingorspent")); });
        }
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("orphan_flood"));
    EXPECT_THAT(lab.opened(), SizeIs(1));
}

TEST_F(Lookalike, AttributesRejectionOfOwnTransactionToNobody)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    for (int i = 0; i < 300; ++i)
        script.emit(calls::mempool_rejected(script.random.hash(), "dust"));
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

} // namespace
} // namespace peer_observer::detector::testing
