#include "tests/sim_node/traffic.h"

namespace peer_observer::sim_node::traffic {

void odd_payloads(Node& node)
{
    // A peer of its own, since it does not stay.
    inbound_peer(node);
    const Peer& peer = node.peers.back();
    const std::vector<payloads::Odd> all = payloads::odd_payloads(node.random);
    constexpr int kPatience = 6;
    for (int i = 0; i < kPatience; ++i) {
        // In turn, so that all of them occur.
        const payloads::Odd& odd = all[node.odd_payloads_sent++ % all.size()];
        const auto punish = [&] {
            if (odd.misbehaviour != nullptr) node.emit(calls::net_misbehaving_connection(peer.id, odd.misbehaviour));
        };
        node.receive(peer, odd.message_type, odd.payload, punish, odd.kind);
        if (odd.misbehaviour != nullptr) break;
    }
    node.close(peer.id);
}

void retired_messages(Node& node)
{
    const Peer& peer = node.random_peer();
    node.receive(peer, "reject", payloads::reject("tx", 0x42, "insufficient priority", node.random.hash()));
    node.receive(peer, "alert", payloads::alert(node.random.bytes(90), node.random.bytes(71)));
    // Without a nonce, as before BIP31.
    node.receive(peer, "ping", {});
}

} // namespace peer_observer::sim_node::traffic
