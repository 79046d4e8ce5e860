// The simulated node: what it knows, and the calls that several kinds of traffic have in common.
#pragma once

#include "tests/sim_node/address.h"
#include "tests/sim_node/payloads.h"
#include "tests/sim_node/probes.h"
#include "tests/sim_node/random.h"
#include "tests/sim_node/transaction.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace peer_observer::sim_node {

struct Peer {
    std::int64_t id = 0;
    Address address;
    std::string address_text; ///< with the port
    const char* connection_type = nullptr;
    std::int64_t established_s = 0;

    bool inbound() const { return std::string_view(connection_type) == "inbound"; }
    std::uint32_t network() const { return static_cast<std::uint32_t>(address.network); }
};

struct MempoolEntry {
    Transaction transaction;
    std::uint64_t entry_time_s = 0;
};

class Node {
public:
    /// Every call goes to `sink`; what its arguments point to lives until `sink` returns.
    Node(std::uint64_t seed, std::function<void(const Call&)> sink);

    void emit(const Call& call) const { sink_(call); }
    /// The peer's message arrives, `effect` happens (but no connection opens or closes), the message is processed.
    void receive(const Peer& peer, const char* type, const Bytes& payload, const std::function<void()>& effect = {},
                 Payload kind = Payload::well_formed);
    void send(const Peer& peer, const char* type, const Bytes& payload) const;

    /// Opens a connection (no handshake) and returns the peer. The reference holds until the next one is opened or
    /// closed.
    Peer& connect(const char* connection_type, Network network);
    void close(std::int64_t peer_id);
    Peer& random_peer() { return random.pick(peers); }
    /// Some peer that is not this one.
    Peer& other_peer(const Peer& peer);
    std::size_t count_peers(bool inbound) const;

    /// Coins to spend, confirmed or not; they are no longer there for another transaction.
    std::vector<Coin> take_coins(std::size_t count);
    void add_to_mempool(Transaction transaction);
    /// An entry whose outputs nobody has spent. There must be an entry.
    std::vector<MempoolEntry>::iterator find_childless();
    void remove_from_mempool(std::vector<MempoolEntry>::iterator entry, const char* reason);
    /// Of all transactions in the mempool.
    Block mine();
    void connect_block(Block block);

    std::uint32_t height() const { return height_; }
    const Hash& tip() const { return tip_; }

    Random random;
    std::int64_t now_s = 1'767'225'600; ///< 2026-01-01; the script's clock, so that a seed gives the same bytes any day
    std::vector<Peer> peers;            ///< never fewer than two once the session has started
    std::vector<MempoolEntry> mempool;
    std::deque<Bytes> recent_headers; ///< up to the tip
    std::deque<Block> recent_blocks;  ///< up to the tip

    std::size_t odd_payloads_sent = 0;

private:
    std::function<void(const Call&)> sink_;
    std::int64_t next_peer_id_ = 0;
    std::uint32_t height_ = 930'000;
    Hash tip_{};
    std::vector<Coin> coins_;
};

} // namespace peer_observer::sim_node
