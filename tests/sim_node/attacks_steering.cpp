#include "tests/sim_node/attack_parts.h"

namespace peer_observer::sim_node {
namespace {

Bytes announcement(Script& script, const Address& address)
{
    return payloads::addrv2({{address, static_cast<std::uint32_t>(script.now_s()), 0xc09}});
}

/// The peer sends a transaction, and the node takes it.
void bring(Script& script, Connection& peer, const Transaction& tx, const std::function<void()>& before = {})
{
    const Bytes item = inventory(Inventory::wtx, {tx.wtxid});
    peer.receive("inv", item).send("getdata", item).receive("tx", tx.bytes, [&] {
        if (before) before();
        script.emit(calls::mempool_added(tx.txid, tx.vsize(), tx.fee));
    });
}

} // namespace

/// Each comes while the slots are full, and another has to go.
void slot_takeover(Script& script, double strength)
{
    for (int i = times(15, strength); i > 0; --i) {
        Connection victim{script, script.distinct_host()};
        victim.shake_hands();
        victim.evict();
        Connection peer{script, sibling(i)};
        peer.shake_hands();
        script.wait(70);
        peer.close();
    }
}

void outbound_concentration(Script& script, double strength)
{
    for (int i = times(3, strength); i > 0; --i)
        Connection{script, sibling(i), i % 2 == 0 ? "outbound-full-relay" : "block-relay-only"}.shake_hands();
}

/// An attacker takes the coin of a victim along with one of his own, and lets go of it.
void replacement_cycling(Script& script, double strength)
{
    Connection peer = attacker(script);
    Connection victim{script, script.distinct_host()};
    victim.shake_hands();
    const Coin coin{.txid = script.random.hash(), .value = 1'000'000};
    const Coin own{.txid = script.random.hash(), .value = 1'000'000};
    const auto replace = [&](const std::vector<Coin>& inputs, std::int64_t fee, const Transaction& replaced) {
        Transaction tx = make_transaction(script.random, inputs, fee);
        bring(script, peer, tx, [&] {
            script.emit(calls::mempool_replaced(replaced.txid, replaced.vsize(), replaced.fee, 0, tx.txid, tx.vsize(),
                                                tx.fee, true));
        });
        return tx;
    };
    for (int i = times(3, strength); i > 0; --i) {
        const Transaction claim = make_transaction(script.random, {coin}, 500);
        bring(script, victim, claim);
        replace({own}, 3'000, replace({coin, own}, 2'000, claim));
        script.wait(10);
    }
}

void tx_pinning(Script& script, double strength)
{
    Connection peer = attacker(script);
    Connection victim{script, script.distinct_host()};
    victim.shake_hands();
    Transaction tail = make_transaction(script.random, {{.txid = script.random.hash(), .value = 1'000'000}}, 10'000);
    bring(script, victim, tail);
    for (int i = times(20, strength); i > 0; --i) {
        Coin coin = tail.outputs.front();
        coin.value = 1'000'000;
        tail = make_transaction(script.random, {coin}, 100);
        bring(script, peer, tail);
    }
}

/// Three others pass on what they hear, too.
void addr_sink(Script& script, double strength)
{
    Connection peer = attacker(script);
    std::vector<Connection> others;
    for (int i = 0; i < 3; ++i) {
        others.emplace_back(script, script.distinct_host()).shake_hands();
        others.back().receive("addrv2", announcement(script, random_address(script.random)));
    }
    script.wait(600); // in which Core lets them announce as much
    for (int i = times(40, strength); i > 0; --i) {
        const Bytes address = announcement(script, random_address(script.random));
        Connection& from = others[static_cast<std::size_t>(i) % 3];
        from.receive("addrv2", address);
        peer.send("addrv2", address);
        if (i % 2 == 0) others[static_cast<std::size_t>(i + 1) % 3].send("addrv2", address);
        script.wait(10);
    }
}

/// Four answer getaddr with what they know of a network of 600; one does with what nobody knows.
void addr_unshared(Script& script, double strength)
{
    std::vector<Address> network(600);
    std::ranges::generate(network, [&] { return random_address(script.random, Network::ipv4); });
    const auto answer = [&](const std::string& host, std::size_t own) {
        Connection peer{script, host, "outbound-full-relay"};
        std::vector<payloads::KnownAddress> addresses(200);
        for (auto& known : addresses)
            known = {script.random.pick(network), static_cast<std::uint32_t>(script.now_s() - 10'000), 0xc09};
        if (own > 0) addresses.resize(own);
        for (std::size_t i = 0; i < own; ++i)
            addresses[i].address = random_address(script.random, Network::ipv4);
        peer.shake_hands().send("getaddr", {}).receive("addrv2", payloads::addrv2(addresses));
    };
    for (int i = 0; i < 4; ++i)
        answer(script.distinct_host(), 0);
    answer(std::string{kAttacker}, static_cast<std::size_t>(times(100, strength)));
}

} // namespace peer_observer::sim_node
