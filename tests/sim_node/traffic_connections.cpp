#include "tests/sim_node/traffic.h"

#include <array>
#include <string_view>

namespace peer_observer::sim_node::traffic {
namespace {

constexpr std::size_t kMostInbound = 20;
constexpr std::size_t kMostOutbound = 11;

constexpr std::uint64_t kNodeNetwork = 1;
constexpr std::uint64_t kNodeWitness = 1 << 3;
constexpr std::uint64_t kNodeNetworkLimited = 1 << 10;
constexpr std::uint64_t kNodeP2pV2 = 1 << 11;
constexpr std::string_view kOurUserAgent = "/Satoshi:31.0.0/";

Network random_network(Node& node)
{
    static constexpr std::array kNetworks{Network::ipv4,  Network::ipv4,  Network::ipv4, Network::ipv6,
                                          Network::onion, Network::onion, Network::i2p,  Network::cjdns};
    return node.random.pick(kNetworks);
}

payloads::Version our_version(Node& node, const Peer& peer)
{
    return {.services = kNodeNetwork | kNodeWitness | kNodeNetworkLimited | kNodeP2pV2,
            .time = node.now_s,
            .receiver = peer.address,
            .nonce = node.random.u64(),
            .user_agent = kOurUserAgent,
            .start_height = static_cast<std::int32_t>(node.height()),
            .relay = std::string_view(peer.connection_type) != "block-relay-only"};
}

Bytes their_version(Node& node, bool& modern)
{
    static constexpr std::array<std::string_view, 8> kUserAgents{
        "/Satoshi:31.0.0/",  "/Satoshi:30.0.0/",     "/Satoshi:29.1.0/Knots:20250903/",
        "/Satoshi:27.0.0/",  "/Satoshi:0.16.3/",     "/btcwire:0.5.0/btcd:0.24.2/",
        "/bitcoinj:0.16.3/", "/dnsseed-crawler:1.0/"};
    const std::size_t agent = node.random.below(kUserAgents.size());
    modern = agent < 4;
    Bytes payload = payloads::version(
        {.version = modern ? payloads::kProtocolVersion : 70'015,
         .services = kNodeNetwork | kNodeWitness | kNodeNetworkLimited | (node.random.chance(50) ? kNodeP2pV2 : 0),
         .time = node.now_s + node.random.between<std::int64_t>(-30, 30),
         .receiver = random_address(node.random, Network::ipv4),
         .nonce = node.random.u64(),
         .user_agent = kUserAgents[agent],
         .start_height = static_cast<std::int32_t>(node.height()),
         .relay = node.random.chance(95)});
    // Before BIP37 there was no flag for relay.
    if (!modern && node.random.chance(20)) payload.pop_back();
    return payload;
}

void handshake(Node& node, const Peer& peer)
{
    bool modern = false;
    const Bytes theirs = their_version(node, modern);
    const auto negotiate = [&] {
        if (modern) {
            node.send(peer, "wtxidrelay", {});
            node.send(peer, "sendaddrv2", {});
            node.send(peer, "sendtxrcncl", payloads::send_reconciliation(1, node.random.u64()));
        }
        node.send(peer, "verack", {});
    };
    if (!peer.inbound()) node.send(peer, "version", payloads::version(our_version(node, peer)));
    node.receive(peer, "version", theirs, [&] {
        if (peer.inbound()) node.send(peer, "version", payloads::version(our_version(node, peer)));
        negotiate();
    });
    if (modern) {
        node.receive(peer, "wtxidrelay", {});
        node.receive(peer, "sendaddrv2", {});
        if (node.random.chance(20)) {
            node.receive(peer, "sendtxrcncl", payloads::send_reconciliation(1, node.random.u64()));
        }
        if (node.random.chance(20)) {
            node.receive(peer, "feature", payloads::feature("example/1", node.random.bytes(node.random.below(9U))));
        }
    }
    node.receive(peer, "verack", {}, [&] {
        node.send(peer, "sendcmpct", payloads::send_compact(false, 2));
        node.send(peer, "ping", payloads::nonce(node.random.u64()));
        node.send(peer, "getheaders", payloads::locator({node.tip()}, {}));
        node.send(peer, "feefilter", payloads::fee_filter(1'000));
    });
    node.receive(peer, "sendheaders", {}, [&] { node.send(peer, "sendheaders", {}); });
    node.receive(peer, "sendcmpct", payloads::send_compact(node.random.chance(20), 2));
    node.receive(peer, "feefilter", payloads::fee_filter(node.random.between<std::int64_t>(100, 5'000)));
}

/// A connection that is good enough for the tried table.
void connect_out(Node& node, const char* connection_type)
{
    const Peer& peer = node.connect(connection_type, random_network(node));
    handshake(node, peer);
    const std::string source = random_address(node.random).text();
    node.emit(calls::addrman_move_to_good(node.random.below(256), node.random.below(64), peer.address_text.c_str(),
                                          node.random.below<std::uint32_t>(400'000), source.c_str(),
                                          node.random.below<std::uint32_t>(400'000)));
}

void close_some(Node& node, bool inbound)
{
    for (const Peer& peer : node.peers) {
        if (peer.inbound() == inbound) return node.close(peer.id);
    }
}

} // namespace

void start(Node& node)
{
    for (int i = 0; i < 8; ++i)
        connect_out(node, "outbound-full-relay");
    for (int i = 0; i < 2; ++i)
        connect_out(node, "block-relay-only");
    connect_out(node, "manual");
    for (int i = 0; i < 6; ++i)
        inbound_peer(node);
}

void inbound_peer(Node& node)
{
    if (node.count_peers(true) >= kMostInbound) evict(node);
    const Peer& peer = node.connect("inbound", random_network(node));
    handshake(node, peer);
}

void outbound_peer(Node& node)
{
    if (node.count_peers(false) >= kMostOutbound) close_some(node, false);
    connect_out(node, node.random.chance(80) ? "outbound-full-relay" : "block-relay-only");
}

void feeler(Node& node)
{
    connect_out(node, "feeler");
    node.close(node.peers.back().id);
}

void addr_fetch(Node& node)
{
    const Peer& peer = node.connect("addr-fetch", Network::ipv4);
    handshake(node, peer);
    node.send(peer, "getaddr", {});
    const auto addresses = known_addresses(node, 250);
    node.receive(peer, "addrv2", payloads::addrv2(addresses), [&] { learn_addresses(node, peer, addresses); });
    node.close(peer.id);
}

void private_broadcast(Node& node)
{
    const Transaction transaction = make_transaction(node.random, node.take_coins(1), 900);
    const Peer& peer = node.connect("private-broadcast", Network::onion);
    bool modern = false;
    // Says nothing about itself.
    node.send(peer, "version", payloads::version({.user_agent = "/pynode:0.0.1/", .relay = false}));
    node.receive(peer, "version", their_version(node, modern));
    node.receive(peer, "verack", {}, [&] {
        node.send(peer, "verack", {});
        node.send(peer, "inv", payloads::inventory(payloads::Inventory::tx, {transaction.txid}));
    });
    node.receive(peer, "getdata", payloads::inventory(payloads::Inventory::witness_tx, {transaction.txid}), [&] {
        node.send(peer, "tx", transaction.bytes);
        node.send(peer, "ping", payloads::nonce(transaction.txid[0]));
    });
    node.receive(peer, "pong", payloads::nonce(transaction.txid[0]));
    node.close(peer.id);
}

void scanner(Node& node)
{
    const Peer& peer = node.connect("inbound", random_network(node));
    bool modern = false;
    node.receive(peer, "version", their_version(node, modern),
                 [&] { node.send(peer, "version", payloads::version(our_version(node, peer))); });
    node.receive(peer, "verack", {});
    node.receive(peer, "getaddr", {}, [&] { node.send(peer, "addr", payloads::addr(known_addresses(node, 23))); });
    node.close(peer.id);
}

void leave(Node& node)
{
    if (node.count_peers(true) > 3) close_some(node, true);
}

void evict(Node& node)
{
    for (const Peer& peer : node.peers) {
        if (!peer.inbound()) continue;
        node.emit(calls::net_evicted_inbound_connection(peer.id, peer.address_text.c_str(), peer.connection_type,
                                                        peer.network(), peer.established_s));
        return node.close(peer.id);
    }
}

void ping(Node& node)
{
    const Peer& peer = node.random_peer();
    const Bytes nonce = payloads::nonce(node.random.u64());
    if (node.random.chance(50)) {
        node.receive(peer, "ping", nonce, [&] { node.send(peer, "pong", nonce); });
    } else {
        node.send(peer, "ping", nonce);
        node.receive(peer, "pong", nonce);
    }
}

} // namespace peer_observer::sim_node::traffic
