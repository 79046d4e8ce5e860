#include "tests/sim_node/attack_parts.h"

namespace peer_observer::sim_node {

/// From ever other places, so that no request is the same.
void request_repeat(Script& script, double strength)
{
    Connection peer = attacker(script);
    for (int i = times(120, strength); i > 0; --i) {
        peer.receive("getheaders", payloads::locator({script.random.hash()}, {}));
        script.wait(0.1);
    }
}

void upload_drain(Script& script, double strength)
{
    Connection peer = attacker(script);
    const Transaction tx = transaction(script);
    const Bytes item = inventory(Inventory::wtx, {tx.wtxid});
    peer.send("inv", item);
    for (int i = times(50, strength); i >= 0; --i)
        peer.receive("getdata", item, [&] { peer.send("tx", tx.bytes); });
}

void useless_messages(Script& script, double strength)
{
    Connection peer = attacker(script);
    for (int i = times(100, strength); i > 0; --i) {
        if (i % 2 == 0)
            peer.receive("nonsense", script.random.bytes(50));
        else
            peer.receive("pong", payloads::nonce(script.random.u64()));
    }
}

void slot_hold(Script& script, double strength)
{
    for (int i = times(12, strength); i > 0; --i) {
        Connection peer{script, sibling(i)};
        script.wait(11);
        peer.close();
    }
}

void slot_turnover(Script& script, double strength)
{
    std::vector<Connection> peers;
    for (int i = times(60, strength); i > 0; --i) {
        peers.push_back(attacker(script));
        script.wait(20);
        if (peers.size() < 4) continue;
        peers.front().close();
        peers.erase(peers.begin());
    }
}

void block_withhold(Script& script, double strength)
{
    Connection peer = attacker(script);
    Connection other{script, script.distinct_host()};
    other.shake_hands();
    for (int i = times(3, strength); i > 0; --i) {
        const Block announced = block(script);
        peer.receive("headers", payloads::headers({announced.header}));
        peer.send("getdata", inventory(Inventory::witness_block, {announced.hash}));
        for (int second = 0; second < 70; second += 10) { // the node continues with others
            other.receive("ping", payloads::nonce(script.random.u64()));
            script.wait(10);
        }
        other.receive("ping", payloads::nonce(script.random.u64()));
        peer.receive("block", announced.bytes());
    }
}

/// After two hours in which nobody has announced anything.
void first_announcer(Script& script, double strength)
{
    Connection peer = attacker(script);
    Connection other{script, script.distinct_host()};
    other.shake_hands();
    script.wait(7'300);
    for (int i = times(100, strength); i > 0; --i) {
        const Bytes item = inventory(Inventory::wtx, hashes(script, 1));
        peer.receive("inv", item);
        other.receive("inv", item);
    }
}

/// Within Core's limit on addresses.
void addr_concentration(Script& script, double strength)
{
    Connection peer = attacker(script);
    script.wait(2'500);
    for (int i = std::min(times(50, strength), 240); i > 0; --i) {
        const auto byte = static_cast<std::uint8_t>(i);
        const Address address{Network::ipv4, {93, 184, byte, 7}, 8333};
        peer.receive("addrv2", payloads::addrv2({{address, static_cast<std::uint32_t>(script.now_s()), 0xc09}}));
    }
}

} // namespace peer_observer::sim_node
