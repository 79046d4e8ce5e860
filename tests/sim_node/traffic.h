// What happens to a node, one function a short scene. Every function leaves the node consistent.
#pragma once

#include "tests/sim_node/node.h"

namespace peer_observer::sim_node::traffic {

// Connections (traffic_connections.cpp).
void start(Node& node); ///< the first connections
void inbound_peer(Node& node);
void outbound_peer(Node& node);
void feeler(Node& node);
void addr_fetch(Node& node);
void private_broadcast(Node& node);
void scanner(Node& node); ///< connects, says hello and goes
void leave(Node& node);
void evict(Node& node);
void ping(Node& node);

// Addresses (traffic_addresses.cpp).
void gossip(Node& node);
void legacy_gossip(Node& node);
void answer_getaddr(Node& node);
/// What follows from an address in an addr or addrv2 message.
void learn_addresses(Node& node, const Peer& source, const std::vector<payloads::KnownAddress>& addresses);
std::vector<payloads::KnownAddress> known_addresses(Node& node, std::size_t count);

// Transactions (traffic_transactions.cpp).
void relay_transactions(Node& node);
void reject_transaction(Node& node);
void orphan(Node& node);
void replace_transaction(Node& node);
void drop_transactions(Node& node);
void ask_for_unknown(Node& node);
void list_mempool(Node& node);
void spend_from_wallet(Node& node);

// Blocks (traffic_blocks.cpp).
void compact_block(Node& node);
void full_block(Node& node);
void serve_headers(Node& node);
void bloom_client(Node& node);
void compact_filter_client(Node& node);
void flush(Node& node);

// Unusual (traffic_odd.cpp).
void odd_payloads(Node& node);
void retired_messages(Node& node);

} // namespace peer_observer::sim_node::traffic
