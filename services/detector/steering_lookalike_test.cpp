// What comes nearest to steering what the node hears, keeps and passes on, and is none. Numbers are Bitcoin Core's or
// of ordinary life, not the rules'.
#include "services/detector/testing/class_lookalikes.h"

namespace peer_observer::detector::testing {
namespace {

using SteeringLookalike = ClassLookalike;

/// Three of ten are fast; each is first with a third.
TEST_F(SteeringLookalike, IgnoresThreeFastPeersOfTen)
{
    auto some = peers(10);
    for (std::size_t i = 0; i < 600; ++i) {
        const Bytes item = inventory(Inventory::wtx, hashes(script, 1));
        some[i % 3].receive("inv", item);
        for (auto& peer : some)
            peer.receive("inv", item);
        if (i % 10 == 0) {
            const Bytes header = make_header(script.random, script.random.hash(), script.random.hash(), script.now_s());
            some[i % 30 == 0 ? 0 : 1].receive("headers", payloads::headers({header}));
            for (auto& peer : some)
                peer.receive("headers", payloads::headers({header}));
            script.emit(calls::validation_block_connected(script.random.hash(), static_cast<int>(i), 1, 0, 0, 1'000));
        }
        script.wait(10);
    }
    expect_nothing();
}

TEST_F(SteeringLookalike, IgnoresOnePeerOfSixThatIsFirstWithHalfOfAddresses)
{
    auto some = peers(6);
    script.wait(600);
    for (std::size_t i = 0; i < 300; ++i) { // a half of them
        const Bytes address = announcement(random_address(script.random));
        some[i % 2 == 0 ? 0 : 1 + i % 5].receive("addrv2", address);
        some[1 + (i + 1) % 5].receive("addrv2", address);
        script.wait(20);
    }
    expect_nothing();
}

/// Of all nodes, a fifth is at one company.
TEST_F(SteeringLookalike, IgnoresAnswerOfWhichOneCompanyHasAFifth)
{
    for (int peer_number = 0; peer_number < 6; ++peer_number) {
        sim_node::Connection peer{script, script.distinct_host(), "outbound-full-relay"};
        std::vector<payloads::KnownAddress> known(1'000);
        for (std::size_t i = 0; i < known.size(); ++i) {
            known[i] = {ipv4(), static_cast<std::uint32_t>(script.now_s() - 10'000), 0xc09};
            if (i % 5 == 0) known[i].address.bytes = {93, 184, static_cast<std::uint8_t>(i % 250), 7};
        }
        peer.shake_hands().send("getaddr", {}).receive("addrv2", payloads::addrv2(known));
    }
    lab.finish();
    EXPECT_FALSE(lab.kinds().contains("addr_concentration"));
}

TEST_F(SteeringLookalike, IgnoresEvictionsOfNodeWithoutFreeSlots)
{
    for (int i = 0; i < 300; ++i) {
        peers(1).front().evict();
        const bool is_crawler = i % 20 == 0; // every five minutes, and goes
        sim_node::Connection peer{script, is_crawler ? kHost : script.distinct_host()};
        peer.shake_hands().receive("getheaders", payloads::locator({script.random.hash()}, {}));
        script.wait(15);
        if (is_crawler) peer.close();
    }
    expect_nothing();
}

/// An operator's own nodes are no choice of the node; feelers are for a moment; with -asmap two may be of a /16.
TEST_F(SteeringLookalike, IgnoresManualConnectionsAndFeelersToOneNetwork)
{
    for (const char* type : {"manual", "manual", "manual", "manual", "feeler", "feeler", "addr-fetch",
                             "private-broadcast", "outbound-full-relay", "outbound-full-relay"})
        sim_node::Connection{script, "203.0.113." + std::to_string(script.next_peer_id() + 1), type}.shake_hands();
    expect_nothing();
}

TEST_F(SteeringLookalike, IgnoresWalletThatRaisesItsFee)
{
    auto some = peers(4);
    for (int i = 0; i < 10; ++i) {
        std::vector<Coin> coins{coin(), coin()};
        Transaction latest = spend(coins, 500);
        bring(some[0], latest);
        for (int fee = 1; fee < 6; ++fee) { // the same coins and more, each time from whoever is fastest
            coins.push_back(coin());
            const Transaction next = spend(coins, 500 + 1'000 * fee);
            bring(some[static_cast<std::size_t>(fee) % 4], next, [&] {
                script.emit(calls::mempool_replaced(latest.txid, latest.vsize(), latest.fee, 0, next.txid, next.vsize(),
                                                    next.fee, true));
            });
            latest = next;
        }
        script.wait(60);
    }
    expect_nothing();
}

/// As many as Core allowed up to v30 (DEFAULT_DESCENDANT_LIMIT), while fees fall.
TEST_F(SteeringLookalike, IgnoresServiceThatSpendsItsChange)
{
    auto some = peers(4);
    for (int chain = 0; chain < 5; ++chain) {
        Transaction tail = spend({coin()}, 20'000);
        bring(some[0], tail);
        for (int i = 1; i < 25; ++i) {
            Coin change = tail.outputs.front();
            change.value = 1'000'000;
            tail = spend({change}, 20'000 / (1 + i));
            bring(some[chain == 0 ? 0U : static_cast<std::size_t>(i) % 4], tail); // by one connection, or by all
        }
        script.wait(60);
    }
    expect_nothing();
}

TEST_F(SteeringLookalike, IgnoresLightClientThatReceivesAddresses)
{
    auto some = peers(8);
    script.wait(600);
    for (std::size_t i = 0; i < 300; ++i) {
        const Bytes address = announcement(random_address(script.random));
        some[1 + i % 7].receive("addrv2", address); // the first one never does
        some[(i + 1) % 8].send("addrv2", address);
        some[i % 3 == 0 ? 0 : (i + 2) % 8].send("addrv2", address);
        script.wait(10);
    }
    expect_nothing();
}

TEST_F(SteeringLookalike, IgnoresAnswerWithAddressesOfOtherNetworks)
{
    std::vector<Address> network(3'000);
    std::ranges::generate(network, [&] { return ipv4(); });
    for (int i = 0; i < 8; ++i) {
        sim_node::Connection peer{script, script.distinct_host(), "outbound-full-relay"};
        std::vector<payloads::KnownAddress> known(300);
        for (auto& entry : known)
            entry = {i == 3 ? random_address(script.random, Network::onion) : script.random.pick(network),
                     static_cast<std::uint32_t>(script.now_s() - 10'000), 0xc09};
        peer.shake_hands().send("getaddr", {}).receive("addrv2", payloads::addrv2(known));
        script.wait(30);
    }
    expect_nothing();
}

} // namespace
} // namespace peer_observer::detector::testing
