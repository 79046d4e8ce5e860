#include "tests/sim_node/attacks.h"

#include "tests/sim_node/attack_parts.h"

#include <algorithm>
#include <array>
#include <vector>

namespace peer_observer::sim_node {
namespace {

void addr_flood(Script& script, double strength)
{
    Connection peer = attacker(script);
    std::vector<payloads::KnownAddress> addresses(static_cast<std::size_t>(times(20, strength)) + 1);
    for (auto& known : addresses)
        known = {random_address(script.random), static_cast<std::uint32_t>(script.now_s()), 0xc09};
    peer.receive("addrv2", payloads::addrv2(addresses));
}

/// In an answer to getaddr, as of an honest peer but for these.
void addr_impossible(Script& script, double strength)
{
    Connection peer{script, std::string{kAttacker}, "outbound-full-relay"};
    peer.shake_hands().send("getaddr", {});
    const auto now = static_cast<std::uint32_t>(script.now_s());
    std::vector<payloads::KnownAddress> addresses(static_cast<std::size_t>(std::max(120, times(20, strength))));
    for (auto& known : addresses)
        known = {random_address(script.random), now - script.random.below(2'000'000U), 0xc09};
    const Address private_address{Network::ipv4, {10, 1, 2, 3}, 8333};
    for (int i = 0; i < times(20, strength); ++i)
        addresses[static_cast<std::size_t>(i)] =
            i % 2 == 0 ? payloads::KnownAddress{private_address, now, 0xc09}
                       : payloads::KnownAddress{addresses[0].address, now + 86'400, 0xc09};
    peer.receive("addrv2", payloads::addrv2(addresses));
}

/// After a day of listening, while another peer announces what everybody knows.
void addr_unheard(Script& script, double strength)
{
    Connection peer = attacker(script);
    Connection other{script, script.distinct_host()};
    other.shake_hands();
    const auto announce = [&](Connection& announcer, const Address& address) {
        announcer.receive("addrv2", payloads::addrv2({{address, static_cast<std::uint32_t>(script.now_s()), 0xc09}}));
    };
    const Address known = random_address(script.random);
    announce(other, known);
    script.wait(86'400); // and as long for Core to let it announce so many
    for (int i = std::min(times(300, strength), 900); i > 0; --i) {
        announce(peer, random_address(script.random));
        announce(other, known);
    }
}

void connection_churn(Script& script, double strength)
{
    for (int i = times(60, strength); i > 0; --i) {
        Connection peer{script, sibling(i)};
        peer.shake_hands();
        script.wait(0.1);
        peer.close();
    }
}

void sybil(Script& script, double strength)
{
    for (int i = times(12, strength); i > 0; --i)
        Connection{script, sibling(i)}.shake_hands().receive("getheaders",
                                                             payloads::locator({script.random.hash()}, {}));
}

void spy_peer(Script& script, double strength)
{
    constexpr int kRounds = 40;
    Connection peer = attacker(script);
    for (int i = 0; i < kRounds; ++i) {
        peer.send("inv", inventory(Inventory::wtx, hashes(script, times(1'000, strength) / kRounds)));
        script.wait(100);
    }
}

void tx_probe(Script& script, double strength)
{
    Connection peer = attacker(script);
    const auto announced = hashes(script, 5);
    peer.send("inv", inventory(Inventory::wtx, announced));
    peer.receive("getdata", inventory(Inventory::wtx, announced));
    for (const Hash& hash : hashes(script, times(20, strength)))
        peer.receive("getdata", inventory(Inventory::witness_tx, {hash}),
                     [&] { peer.send("notfound", inventory(Inventory::witness_tx, {hash})); });
}

void inv_flood(Script& script, double strength)
{
    Connection peer = attacker(script);
    constexpr int kAtOnce = 10;
    for (int i = times(100, strength) / kAtOnce; i > 0; --i) {
        const Bytes items = inventory(Inventory::wtx, hashes(script, kAtOnce));
        for (int delivered = 0; delivered < 2; ++delivered) {
            const Transaction tx = transaction(script);
            const Bytes item = inventory(Inventory::wtx, {tx.wtxid});
            peer.receive("inv", item).send("getdata", item).receive("tx", tx.bytes);
        }
        peer.receive("inv", items).send("getdata", items).receive("notfound", items);
    }
}

void inv_backlog(Script& script, double strength)
{
    Connection peer{script, script.distinct_host()};
    peer.shake_hands();
    const auto some = hashes(script, 1);
    peer.receive("inv", inventory(Inventory::wtx, some)); // no spy
    for (int i = times(400, strength); i > 0; --i) {
        const bool is_large = i % 4 < times(2, strength); // a quarter of them, or all
        peer.send("inv", inventory(Inventory::wtx, hashes(script, is_large ? 80 : 10)));
        script.wait(0.05);
    }
}

void ping_flood(Script& script, double strength)
{
    Connection peer = attacker(script);
    for (int i = times(120, strength) - 1; i > 0; --i) {
        const Bytes nonce = payloads::nonce(script.random.u64());
        peer.receive("ping", nonce).send("pong", nonce);
    }
}

void block_stall(Script& script, double strength)
{
    Connection peer = attacker(script);
    const Block wanted = block(script);
    peer.receive("headers", payloads::headers({wanted.header}));
    peer.send("getdata", inventory(Inventory::witness_block, {wanted.hash}));
    Connection other{script, script.distinct_host()};
    other.shake_hands();
    for (int i = 0; i < 12; ++i) { // the node continues with others
        other.receive("ping", payloads::nonce(script.random.u64()));
        script.wait(10 * strength);
    }
    other.receive("ping", payloads::nonce(script.random.u64()));
    peer.receive("block", wanted.bytes());
}

void invalid_block(Script& script, double strength)
{
    Connection honest = attacker(script);
    honest.receive("block", block(script).bytes());
    for (int i = times(1, strength); i > 0; --i) {
        Connection peer = attacker(script);
        peer.receive("block", block(script).bytes(), [&] { peer.misbehave("mutated block"); });
        peer.close();
    }
}

void header_spam(Script& script, double strength)
{
    Connection peer = attacker(script);
    for (int i = times(60, strength); i > 0; --i)
        peer.receive("headers", payloads::headers({block(script).header}));
}

void orphan_flood(Script& script, double strength)
{
    Connection peer = attacker(script);
    for (int i = times(100, strength); i > 0; --i) {
        const Transaction tx = transaction(script);
        peer.receive("tx", tx.bytes, [&] {
            script.emit(calls::mempool_rejected(tx.txid, "bad-txns-inputs-missingorspent"));
            script.emit(calls::orphan_add(tx.txid, tx.wtxid, tx.weight, peer.id(), 1, tx.weight));
        });
    }
}

void tx_reject_spam(Script& script, double strength)
{
    Connection peer = attacker(script);
    for (int i = times(100, strength); i > 0; --i) {
        const Transaction tx = transaction(script);
        peer.receive("tx", tx.bytes, [&] { script.emit(calls::mempool_rejected(tx.txid, "dust")); });
    }
}

void eviction_pressure(Script& script, double strength)
{
    script.wait(3'700); // until it is known how many are usual
    for (int i = times(100, strength); i > 0; --i) {
        Connection peer{script, script.distinct_host()};
        script.wait(0.2);
        peer.evict();
    }
}

void eclipse_preparation(Script& script, double strength)
{
    for (int i = 0; i < 500; ++i)
        insert_address(script, script.distinct_host());
    for (int i = times(2'000, strength); i > 0; --i)
        insert_address(script, sibling(i));
}

void time_skew(Script& script, double strength)
{
    for (int i = times(8, strength); i > 0; --i)
        Connection{script, script.distinct_host()}.shake_hands({.clock_offset_s = 3'600});
}

void fake_client(Script& script, double strength)
{
    const int contradictions = times(2, strength);
    Connection peer{script, std::string{kAttacker}};
    peer.shake_hands({.services = contradictions > 1 ? 0xc01U : 0xc09U});
    peer.receive("ping", {}); // as before 2012
    if (contradictions > 2) peer.receive("inv", inventory(Inventory::tx, hashes(script, 1)));
    if (contradictions > 3) {
        Bytes longer = inventory(Inventory::wtx, hashes(script, 1));
        longer.push_back(0);
        peer.receive("getdata", longer);
    }
}

void cpu_dos(Script& script, double strength)
{
    Connection peer = attacker(script);
    for (int i = 0; i < 20; ++i) {
        const auto items = inventory(Inventory::wtx, hashes(script, 2));
        peer.receive("inv", items, {}, static_cast<std::int64_t>(strength * 1e9));
        script.wait(1);
    }
}

void inbound_drop(Script& script, double strength)
{
    std::vector<Connection> peers;
    for (std::uint64_t i = 40 + 2 * script.inbound; i > 0; --i) {
        peers.emplace_back(script, script.distinct_host()).shake_hands();
        script.wait(0.2);
    }
    script.wait(120);
    // Others are there too: what goes is a share of all.
    const auto lost = static_cast<std::size_t>(static_cast<double>(script.inbound) * 0.5 * strength);
    for (std::size_t i = 0; i < std::min(lost, peers.size()); ++i)
        peers[i].close();
    script.wait(90);
}

void getaddr_fingerprint(Script& script, double strength)
{
    for (int i = times(10, strength); i > 0; --i) {
        Connection peer{script, sibling(i)};
        peer.shake_hands().receive("getaddr", {});
        script.wait(1);
        peer.close();
    }
}

constexpr auto kAttacks = std::to_array<Attack>({
    {"addr_flood", addr_flood},
    {"addr_impossible", addr_impossible},
    {"addr_unheard", addr_unheard},
    {"connection_churn", connection_churn},
    {"sybil", sybil},
    {"spy_peer", spy_peer},
    {"tx_probe", tx_probe},
    {"inv_flood", inv_flood},
    {"inv_backlog", inv_backlog},
    {"ping_flood", ping_flood},
    {"block_stall", block_stall},
    {"invalid_block", invalid_block},
    {"header_spam", header_spam},
    {"orphan_flood", orphan_flood},
    {"tx_reject_spam", tx_reject_spam},
    {"eviction_pressure", eviction_pressure},
    {"eclipse_preparation", eclipse_preparation},
    {"time_skew", time_skew},
    {"fake_client", fake_client},
    {"cpu_dos", cpu_dos},
    {"inbound_drop", inbound_drop},
    {"getaddr_fingerprint", getaddr_fingerprint},
    {"request_repeat", request_repeat},
    {"upload_drain", upload_drain},
    {"useless_messages", useless_messages},
    {"slot_hold", slot_hold},
    {"slot_turnover", slot_turnover},
    {"block_withhold", block_withhold},
    {"first_announcer", first_announcer},
    {"addr_concentration", addr_concentration},
    {"slot_takeover", slot_takeover},
    {"outbound_concentration", outbound_concentration},
    {"replacement_cycling", replacement_cycling},
    {"tx_pinning", tx_pinning},
    {"addr_sink", addr_sink},
    {"addr_unshared", addr_unshared},
});

} // namespace

std::span<const Attack> attacks() { return kAttacks; }

void play_company(Script& script)
{
    for (int i = 0; i < 8; ++i) {
        Connection peer{script, script.distinct_host(), i < 4 ? "outbound-full-relay" : "inbound"};
        peer.shake_hands();
        const Transaction tx = transaction(script);
        const Bytes item = inventory(Inventory::wtx, {tx.wtxid});
        peer.receive("inv", item).send("getdata", item).receive("tx", tx.bytes, [&] {
            script.emit(calls::mempool_added(tx.txid, tx.vsize(), tx.fee));
        });
        const Transaction another = transaction(script);
        const Bytes other = inventory(Inventory::wtx, {another.wtxid});
        peer.send("inv", other).receive("getdata", other, [&] { peer.send("tx", another.bytes); });
    }
    script.wait(1);
}

} // namespace peer_observer::sim_node
