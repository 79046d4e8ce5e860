// What once raised an alarm though nothing was wrong, each as it was found. Constants of Bitcoin Core stand here as
// they do in its source, not as the rules have them.
#include "services/detector/testing/former_findings.h"

namespace peer_observer::detector::testing {
namespace {

using FormerlyFalse = Robustness;

void sybils(Script& script, const std::string& prefix, int count)
{
    for (int i = 0; i < count; ++i)
        sim_node::Connection{script, prefix + std::to_string(i + 1)}.shake_hands();
}

TEST_F(FormerlyFalse, IgnoresRestartedPublisher)
{
    sim_node::Connection{script, kHost}.shake_hands();
    Node after{lab, "alpha", 2};
    after.set_clock(node.now() + kSecond);
    for (int i = 0; i < 60; ++i)
        after.script.wait(1);
    lab.finish();
    EXPECT_EQ(lab.engine().counters().twins, 0U);
    EXPECT_THAT(lab.notices, IsEmpty());
}

/// In a container bitcoind has the same pid each time.
TEST_F(FormerlyFalse, ForgetsPeersWhenNodeRestarts)
{
    node.pid = 7;
    node.process_start_ms = 1'000;
    sybils(script, "203.0.114.", 8);
    node.process_start_ms = 90'000;
    sybils(script, "203.0.114.", 8);
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(FormerlyFalse, IgnoresUndeliveredRequestsOfPeerThatLeaves)
{
    announce_and_leave(script, 3);
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(FormerlyFalse, IgnoresInvSizeOfHealthyV31Node)
{
    for (const double per_second : {10.0, 13.0}) {
        script.user_agent = "/Satoshi:31.0.0/";
        announce_for_900_s(script, per_second, 70);
        lab.finish();
        EXPECT_THAT(lab.kinds(), IsEmpty());
    }
}

TEST_F(FormerlyFalse, TakesUnknownVersionForTheNewest)
{
    script.user_agent = "/Another:1.0.0/";
    announce_for_900_s(script, 13, 70);
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(FormerlyFalse, IgnoresClockOfPrivateBroadcasts)
{
    for (int i = 0; i < 30; ++i) {
        sim_node::Connection peer{script, script.distinct_host()};
        peer.shake_hands({.clock_offset_s = i % 3 == 0 ? -script.now_s() : 0});
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(FormerlyFalse, IgnoresChurnOfPrivateBroadcasts)
{
    const auto broadcast = [&](int i, bool delivers) {
        sim_node::Connection peer{script, "203.0.114." + std::to_string(i % 20 + 1)};
        peer.shake_hands(
            {.user_agent = "/pynode:0.0.1/", .services = 0, .clock_offset_s = -script.now_s(), .relay = false});
        const auto tx = make_transaction(script.random, {{.txid = script.random.hash(), .value = 1'000'000}}, 500);
        const Bytes item = inventory(Inventory::tx, {tx.txid});
        peer.receive("inv", item).send("getdata", item);
        if (delivers) peer.receive("tx", tx.bytes);
        script.wait(7);
        peer.close();
    };
    for (int i = 0; i < 70; ++i)
        broadcast(i, true);
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
    for (int i = 0; i < 80; ++i) // the name alone is no excuse
        broadcast(i, false);
    lab.finish();
    EXPECT_TRUE(lab.kinds().contains("connection_churn"));
}

void insert_addresses(Script& script, const char* source, int count, int of_others)
{
    for (int i = 0; i < count + of_others; ++i) {
        const auto address = random_address(script.random, Network::ipv4).text_with_port();
        const auto other = script.distinct_host();
        script.emit(calls::addrman_attempt_add(true, 1, 1, address.c_str(), 0, i < count ? source : other.c_str(), 0));
    }
}

TEST_F(FormerlyFalse, AttributesAddressesFromInboundTorPeersToNobody)
{
    insert_addresses(script, "127.0.0.1", 2'160, 240);
    insert_addresses(script, "172.17.0.1", 2'160, 240); // Docker's gateway
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(FormerlyFalse, SeparatesPeersBehindProxyOrGateway)
{
    for (const auto* host : {"10.0.0.5", "172.17.0.1", "192.168.1.1", "100.64.0.1", "169.254.7.7", "fd00::5", "fe80::1",
                             "127.0.0.1", "::1"}) {
        for (int i = 0; i < 80; ++i) {
            sim_node::Connection peer{script, host};
            peer.shake_hands().receive("getaddr", {});
            if (i >= 20) peer.close();
        }
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

/// Connections that were open before the detector looked: nothing says through which network they came.
TEST_F(FormerlyFalse, SeparatesPeersOfRemoteTorDaemonAfterStart)
{
    for (int i = 0; i < 20; ++i)
        ping(script, i, "10.0.0.5:4000");
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(FormerlyFalse, RaisesNoCriticalAnomalyForOneAddrMessage)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands().receive("addrv2", addresses(script, 1'000));
    lab.finish();
    ASSERT_THAT(lab.kinds(), ElementsAre("addr_flood"));
    EXPECT_EQ(lab.opened()[0].severity(), proto::AnomalyReport::WARNING);
}

/// Core's thread for messages waits for the disk; its thread for sockets continues.
TEST_F(FormerlyFalse, IgnoresPauseOfTheNode)
{
    std::vector<sim_node::Connection> peers;
    for (int i = 0; i < 10; ++i) {
        auto& peer = peers.emplace_back(script, script.distinct_host(), "outbound-full-relay");
        peer.shake_hands().send("getdata", inventory(Inventory::witness_block, hashes(script, 16)));
    }
    for (auto& peer : peers)
        for (int i = 0; i < 3; ++i)
            peer.receive("ping", payloads::nonce(7));
    for (int i = 0; i < 13; ++i) {
        script.wait(10);
        sim_node::Connection{script, script.distinct_host()};
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

/// Each block takes two minutes to connect: ten peers have their turn in twenty.
TEST_F(FormerlyFalse, IgnoresStallsOfSlowNode)
{
    std::vector<sim_node::Connection> peers;
    std::vector<std::vector<Mined>> wanted;
    for (int i = 0; i < 10; ++i) {
        auto& peer = peers.emplace_back(script, script.distinct_host(), "outbound-full-relay");
        const auto& two = wanted.emplace_back(std::vector{mined(script), mined(script)});
        peer.shake_hands().send("getdata", inventory(Inventory::witness_block, {two[0].hash, two[1].hash}));
    }
    for (std::size_t block = 0; block < 2; ++block) {
        for (std::size_t i = 0; i < peers.size(); ++i) {
            script.wait(130);
            peers[i].receive("block", wanted[i][block].bytes);
        }
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(FormerlyFalse, RaisesInformationOnlyForCrawlersNamedLikeCore)
{
    for (int i = 0; i < 3; ++i) {
        sim_node::Connection peer{script, script.distinct_host()};
        peer.shake_hands({.user_agent = "/Satoshi:0.21.1/", .services = 0, .is_modern = false});
    }
    lab.finish();
    const auto open = lab.engine().counters().open().counts;
    ASSERT_THAT(open, SizeIs(1));
    EXPECT_EQ(open[0].kind, "fake_client");
    EXPECT_EQ(open[0].severity, proto::AnomalyReport::INFO);
    EXPECT_EQ(open[0].count, 3U);
}

TEST_F(FormerlyFalse, IgnoresStormOfReplacements)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    for (int i = 0; i < 300; ++i) {
        const auto tx = make_transaction(script.random, {{.txid = script.random.hash(), .value = 1'000'000}}, 500);
        peer.receive("tx", tx.bytes, [&] { script.emit(calls::mempool_rejected(tx.txid, "insufficient fee")); });
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

/// All slots are taken: each connection that comes evicts one, twelve a minute, day and night.
TEST_F(FormerlyFalse, IgnoresEvictionsOfFullNode)
{
    for (int i = 0; i < 4'000; ++i) {
        sim_node::Connection peer{script, script.distinct_host()};
        peer.evict();
        script.wait(5);
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
    for (int i = 0; i < 700; ++i)
        sim_node::Connection{script, script.distinct_host()}.evict();
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("eviction_pressure"));
}

} // namespace
} // namespace peer_observer::detector::testing
