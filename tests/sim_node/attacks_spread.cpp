// Attacks from many prefixes of one autonomous system: no site and no netgroup of it does enough to be found.
#include "tests/sim_node/attack_parts.h"
#include "tests/sim_node/attacks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace peer_observer::sim_node {
namespace spread {
namespace {

/// Number `i` of the operator's addresses: 40 prefixes of /24 in 20 of /16, all in 11.0.0.0/8.
std::string spread_host(int i) { return fmt::format("11.{}.{}.{}", i % 20, i % 40 / 20, 1 + i / 40 % 250); }

Connection spread_peer(Script& script, int i)
{
    Connection peer{script, spread_host(i)};
    peer.shake_hands();
    return peer;
}

/// Fewer than sybil counts.
std::vector<Connection> thirty_peers(Script& script)
{
    std::vector<Connection> peers;
    peers.reserve(30);
    for (int i = 0; i < 30; ++i)
        peers.push_back(spread_peer(script, i));
    return peers;
}

/// As LinkingLion does (https://b10c.me/observations/06-linkinglion/): many short connections from several prefixes,
/// with user agents picked at random from a list; most end after the handshake, some stay and listen to announcements
/// for minutes. None asks for anything.
void connection_churn(Script& script, double strength)
{
    constexpr auto kUserAgents = std::to_array<std::string_view>(
        {"/Satoshi:0.13.2/", "/Satoshi:0.15.1/", "/Satoshi:0.16.3/", "/bitcoinj:0.14.5/", "/BitcoinUnlimited:1.0.3/"});
    constexpr std::size_t kMostListeners = 10;
    std::vector<Connection> listeners;
    for (int i = 0; i < times(200, strength);) {
        Connection peer{script, spread_host(static_cast<int>(script.random.below(10'000U)))};
        peer.shake_hands({.user_agent = script.random.pick(kUserAgents), .services = 0, .is_modern = false});
        script.wait(0.5);
        if (script.random.below(7U) == 0 && listeners.size() < kMostListeners) {
            listeners.push_back(peer);
        } else {
            peer.close();
            ++i;
        }
        for (auto& listener : listeners)
            if (script.random.below(20U) == 0) listener.send("inv", inventory(Inventory::wtx, hashes(script, 20)));
    }
}

void sybil(Script& script, double strength)
{
    for (int i = 0; i < times(38, strength); ++i)
        spread_peer(script, i).receive("getheaders", payloads::locator({script.random.hash()}, {}));
}

/// While most of the node's other peers stay.
void inbound_drop(Script& script, double strength)
{
    for (int i = 0; i < 70; ++i)
        Connection{script, script.distinct_host()}.shake_hands();
    auto peers = thirty_peers(script);
    script.wait(120);
    const auto lost = std::min(static_cast<std::size_t>(times(0.9 * 30, strength)), peers.size());
    for (std::size_t i = 0; i < lost; ++i)
        peers[i].close();
    script.wait(90);
}

void eviction_pressure(Script& script, double strength)
{
    for (int i = 0; i < times(50, strength); ++i) {
        Connection peer{script, spread_host(i)};
        script.wait(0.2);
        peer.evict();
    }
}

void slot_hold(Script& script, double strength)
{
    constexpr int kAtOnce = 16;
    for (int i = 0; i < times(80, strength);) {
        std::vector<Connection> peers;
        for (int last = i + kAtOnce; i < std::min(last, times(80, strength)); ++i)
            peers.emplace_back(script, spread_host(i));
        script.wait(11);
        for (auto& peer : peers)
            peer.close();
    }
}

/// The last thirty stay.
void slot_turnover(Script& script, double strength)
{
    std::vector<Connection> peers;
    for (int i = 0; i < times(800, strength) + 30; ++i) {
        if (peers.size() == 30) {
            script.wait(61);
            for (auto& peer : peers)
                peer.close();
            peers.clear();
        }
        peers.push_back(spread_peer(script, i));
    }
}

void getaddr_fingerprint(Script& script, double strength)
{
    for (int i = 0; i < times(60, strength); ++i) {
        Connection peer = spread_peer(script, i);
        peer.receive("getaddr", {});
        script.wait(1);
        peer.close();
    }
}

void request_repeat(Script& script, double strength)
{
    auto peers = thirty_peers(script);
    const Bytes locator = payloads::locator({script.random.hash()}, {});
    for (int i = 0; i < times(500, strength) + 30; ++i) {
        peers[static_cast<std::size_t>(i) % peers.size()].receive("getheaders", locator);
        script.wait(0.1);
    }
}

void upload_drain(Script& script, double strength)
{
    const Transaction tx = transaction(script);
    const Bytes item = inventory(Inventory::wtx, {tx.wtxid});
    auto peers = thirty_peers(script);
    for (auto& peer : peers)
        peer.send("inv", item);
    for (int i = 0; i < times(500, strength) + 30; ++i) {
        Connection& peer = peers[static_cast<std::size_t>(i) % peers.size()];
        peer.receive("getdata", item, [&] { peer.send("tx", tx.bytes); });
    }
}

void useless_messages(Script& script, double strength)
{
    auto peers = thirty_peers(script);
    for (int i = 0; i < times(500, strength); ++i)
        peers[static_cast<std::size_t>(i) % peers.size()].receive("nonsense", script.random.bytes(50));
}

void block_withhold(Script& script, double strength)
{
    constexpr int kPeers = 12;
    std::vector<Connection> peers;
    peers.reserve(kPeers);
    for (int i = 0; i < kPeers; ++i)
        peers.push_back(spread_peer(script, i));
    Connection other{script, script.distinct_host()};
    other.shake_hands();
    for (int left = times(12, strength); left > 0; left -= kPeers) {
        const auto count = static_cast<std::size_t>(std::min(left, kPeers));
        std::vector<Block> asked;
        for (std::size_t i = 0; i < count; ++i) {
            asked.push_back(block(script));
            peers[i].receive("headers", payloads::headers({asked.back().header}));
            peers[i].send("getdata", inventory(Inventory::witness_block, {asked.back().hash}));
        }
        for (int second = 0; second < 70; second += 10) { // the node continues with others
            other.receive("ping", payloads::nonce(script.random.u64()));
            script.wait(10);
        }
        other.receive("ping", payloads::nonce(script.random.u64()));
        for (std::size_t i = 0; i < count; ++i)
            peers[i].receive("block", asked[i].bytes());
    }
}

/// After two hours in which nobody has announced anything.
void first_announcer(Script& script, double strength)
{
    Connection other{script, script.distinct_host()};
    other.shake_hands();
    script.wait(7'300);
    auto peers = thirty_peers(script);
    for (int i = 0; i < times(100, strength); ++i) {
        const Bytes item = inventory(Inventory::wtx, hashes(script, 1));
        peers[static_cast<std::size_t>(i) % peers.size()].receive("inv", item);
        other.receive("inv", item);
    }
}

/// Of one host, within Core's limit on addresses.
void addr_concentration(Script& script, double strength)
{
    Connection peer = attacker(script);
    script.wait(2'500);
    for (int i = std::min(times(100, strength), 240); i > 0; --i) {
        const Address address{
            Network::ipv4, {11, static_cast<std::uint8_t>(i % 20), static_cast<std::uint8_t>(i / 20), 7}, 8333};
        peer.receive("addrv2", payloads::addrv2({{address, static_cast<std::uint32_t>(script.now_s()), 0xc09}}));
    }
}

void eclipse_preparation(Script& script, double strength)
{
    for (int i = 0; i < 500; ++i)
        insert_address(script, script.distinct_host());
    for (int i = 0; i < times(3'000, strength); ++i)
        insert_address(script, spread_host(i));
}

constexpr auto kAttacks = std::to_array<Attack>({
    {"connection_churn", connection_churn},
    {"sybil", sybil},
    {"inbound_drop", inbound_drop},
    {"eviction_pressure", eviction_pressure},
    {"slot_hold", slot_hold},
    {"slot_turnover", slot_turnover},
    {"getaddr_fingerprint", getaddr_fingerprint},
    {"request_repeat", request_repeat},
    {"upload_drain", upload_drain},
    {"useless_messages", useless_messages},
    {"block_withhold", block_withhold},
    {"first_announcer", first_announcer},
    {"addr_concentration", addr_concentration},
    {"eclipse_preparation", eclipse_preparation},
});

} // namespace
} // namespace spread

std::span<const Attack> spread_attacks() { return spread::kAttacks; }

} // namespace peer_observer::sim_node
