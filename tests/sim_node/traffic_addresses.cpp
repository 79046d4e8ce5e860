#include "tests/sim_node/traffic.h"

namespace peer_observer::sim_node::traffic {

std::vector<payloads::KnownAddress> known_addresses(Node& node, std::size_t count)
{
    std::vector<payloads::KnownAddress> result;
    result.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        result.push_back({.address = random_address(node.random),
                          .time = static_cast<std::uint32_t>(node.now_s - node.random.below<std::int64_t>(864'000)),
                          .services = node.random.chance(70) ? 0xc09U : 0x409U});
    }
    return result;
}

void learn_addresses(Node& node, const Peer& source, const std::vector<payloads::KnownAddress>& addresses)
{
    const std::string source_text = source.address.text();
    const auto source_as = node.random.below<std::uint32_t>(400'000);
    for (const payloads::KnownAddress& known : addresses) {
        const std::string text = known.address.text_with_port();
        const bool clearnet = known.address.network == Network::ipv4 || known.address.network == Network::ipv6;
        node.emit(calls::addrman_attempt_add(node.random.chance(30), node.random.below(1'024), node.random.below(64),
                                             text.c_str(), clearnet ? node.random.below<std::uint32_t>(400'000) : 0,
                                             source_text.c_str(), source_as));
    }
}

void gossip(Node& node)
{
    const Peer& peer = node.random_peer();
    const auto addresses = known_addresses(node, node.random.between<std::size_t>(1, 10));
    const Bytes payload = payloads::addrv2(addresses);
    node.receive(peer, "addrv2", payload, [&] { learn_addresses(node, peer, addresses); });
    node.send(node.other_peer(peer), "addrv2", payload);
}

void legacy_gossip(Node& node)
{
    const Peer& peer = node.random_peer();
    std::vector<payloads::KnownAddress> addresses = known_addresses(node, node.random.between<std::size_t>(2, 10));
    std::erase_if(addresses, [](const payloads::KnownAddress& known) { return !known.address.legacy(); });
    node.receive(peer, "addr", payloads::addr(addresses), [&] { learn_addresses(node, peer, addresses); });
}

void answer_getaddr(Node& node)
{
    const Peer& peer = node.random_peer();
    node.receive(peer, "getaddr", {},
                 [&] { node.send(peer, "addrv2", payloads::addrv2(known_addresses(node, 1'000))); });
}

} // namespace peer_observer::sim_node::traffic
