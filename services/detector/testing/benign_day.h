// A day of a node that nobody attacks, with everything that comes near an attack.
#pragma once

#include "services/detector/testing/lab.h"

#include <string>
#include <vector>

namespace peer_observer::detector::testing {

/// Ordinary peers of many clients; light clients; old and rare ones, some with wrong clocks; slow ones; many that come
/// through Tor and share an address; a few of one site; crawlers; a client that cannot stay. Blocks and bursts of
/// them, a busy mempool, evictions, and the node's restarts. Addresses are those of a network, of which each hour some
/// nodes go and others come; a few are months old, from behind a NAT, or by a clock that is wrong.
class BenignDay {
public:
    explicit BenignDay(Node& node) : node_{node}, script_{node.script} {}

    void play(int minutes = 1'440);

private:
    struct Resident {
        sim_node::Connection connection;
        bool relays = true;
        bool is_light = false;
        bool is_slow = false;
        std::int64_t clock_offset_s = 0;
    };

    void start();
    void restart();
    void minute(int number);
    void join();
    void leave();
    void outbound_peer();
    void ping();
    void relay_transactions(bool is_busy);
    void announce(bool is_busy);
    void gossip();
    sim_node::Bytes addresses(std::size_t count, std::int64_t clock_offset_s = 0);
    sim_node::payloads::KnownAddress known_address();
    void block(bool by_slow_peer);
    void crawler(int number);
    void client_that_cannot_stay();
    Resident& someone() { return script_.random.pick(residents_); }
    Resident& relaying_peer();

    Node& node_;
    sim_node::Script& script_;
    std::vector<Resident> residents_;
    std::vector<sim_node::Hash> waiting_;       ///< to be announced
    std::vector<sim_node::Address> population_; ///< addresses of the network's nodes
    int height_ = 930'000;
    unsigned joined_ = 0;
};

} // namespace peer_observer::detector::testing
