// What many hosts do together, each of them little, and ordinary peers that do nearly the same.
#include "services/detector/testing/class_lookalikes.h"

namespace peer_observer::detector::testing {
namespace {

class ManyHosts : public ClassLookalike {
protected:
    void expect(const char* kind)
    {
        lab.finish();
        EXPECT_THAT(lab.kinds(), ElementsAre(kind));
        for (const auto& report : lab.opened())
            EXPECT_EQ(report.subject(), "node alpha");
    }
    void ask_for_headers(sim_node::Connection& peer)
    {
        peer.receive("getheaders", payloads::locator({script.random.hash()}, {}));
    }
    /// Announced by all, asked for in turn, never sent.
    void announce_in_vain(std::vector<sim_node::Connection>& some, std::size_t each)
    {
        for (auto& peer : some) {
            const Bytes items = inventory(Inventory::wtx, hashes(script, each));
            peer.receive("inv", items).send("getdata", items);
        }
        script.wait(65);
    }
    void take_slots(int connections, double seconds)
    {
        std::vector<sim_node::Connection> silent;
        for (int i = 0; i < connections; ++i)
            silent.emplace_back(script, script.distinct_host());
        for (int second = 0; second < static_cast<int>(seconds); second += 5) {
            script.wait(5);
            ping_of_others();
        }
        for (auto& peer : silent)
            peer.close();
    }
    void ping_of_others() { other_.receive("ping", payloads::nonce(script.random.u64())); }

private:
    sim_node::Connection other_{peers(1)[0]};
};

TEST_F(ManyHosts, FindsHeadersAskedForByManyHosts)
{
    auto some = peers(12);
    for (int round = 0; round < 50; ++round) {
        for (auto& peer : some)
            ask_for_headers(peer);
        script.wait(2.5);
    }
    expect("request_repeat");
}

/// On connecting, and after each of three blocks that come close to each other, for a full node's 114 inbound peers.
TEST_F(ManyHosts, IgnoresHeadersThatEveryPeerNeeds)
{
    auto some = peers(114);
    for (int block = 0; block < 4; ++block) {
        for (auto& peer : some)
            ask_for_headers(peer);
        script.wait(100);
    }
    expect_nothing();
}

TEST_F(ManyHosts, FindsPingsOfManyHosts)
{
    auto some = peers(25);
    for (int round = 0; round < 90; ++round) {
        for (auto& peer : some)
            peer.receive("ping", payloads::nonce(script.random.u64()));
        script.wait(0.7);
    }
    expect("ping_flood");
}

/// bitcoinj pings every two seconds.
TEST_F(ManyHosts, IgnoresPingsOfManyLightClients)
{
    auto some = peers(60);
    for (int second = 0; second < 120; second += 2) {
        for (auto& peer : some)
            peer.receive("ping", payloads::nonce(script.random.u64()));
        script.wait(2);
    }
    expect_nothing();
}

TEST_F(ManyHosts, FindsFeeFiltersOfManyHosts)
{
    auto some = peers(12);
    for (int round = 0; round < 60; ++round) {
        for (auto& peer : some)
            peer.receive("feefilter", payloads::fee_filter(script.random.between<std::int64_t>(1'000, 100'000)));
        script.wait(8);
    }
    expect("useless_messages");
}

/// Every ten minutes (AVG_FEEFILTER_BROADCAST_INTERVAL, net_processing.cpp).
TEST_F(ManyHosts, IgnoresFeeFiltersOfEveryPeer)
{
    auto some = peers(114);
    for (auto& peer : some)
        ask_for_headers(peer);
    for (int round = 0; round < 12; ++round) {
        for (auto& peer : some)
            peer.receive("feefilter", payloads::fee_filter(script.random.between<std::int64_t>(1'000, 100'000)));
        script.wait(600);
    }
    expect_nothing();
}

TEST_F(ManyHosts, FindsShortConnectionsOfManySites)
{
    for (int i = 0; i < 400; ++i) {
        sim_node::Connection peer{script, script.distinct_host()};
        peer.shake_hands();
        script.wait(0.5);
        peer.close();
    }
    expect("connection_churn");
}

/// As many as a full node without LinkingLion has: three a minute (0xB10C, 2022).
TEST_F(ManyHosts, IgnoresOrdinaryShortConnections)
{
    for (int i = 0; i < 180; ++i) {
        sim_node::Connection peer{script, script.distinct_host()};
        peer.shake_hands();
        script.wait(20);
        peer.close();
    }
    expect_nothing();
}

TEST_F(ManyHosts, FindsTransactionsThatManyHostsDoNotDeliver)
{
    auto some = peers(12);
    announce_in_vain(some, 8);
    expect("inv_flood");
}

/// Two were replaced before the peers were asked for them.
TEST_F(ManyHosts, IgnoresManyPeersThatLackTwoTransactions)
{
    auto some = peers(60);
    announce_in_vain(some, 2);
    expect_nothing();
}

TEST_F(ManyHosts, FindsSlotsTakenFromManyHosts)
{
    take_slots(30, 60);
    expect("slot_hold");
}

TEST_F(ManyHosts, IgnoresTenScannersAtATime)
{
    for (int i = 0; i < 3; ++i)
        take_slots(10, 60);
    expect_nothing();
}

} // namespace
} // namespace peer_observer::detector::testing
