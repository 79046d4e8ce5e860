// A session of ordinary traffic with everything in it, the same for the same seed.
#pragma once

#include "tests/sim_node/node.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace peer_observer::sim_node {

class Session {
public:
    /// Every call goes to `sink`; what its arguments point to lives until `sink` returns.
    Session(std::uint64_t seed, std::function<void(const Call&)> sink) : node_(seed, std::move(sink)) {}

    /// Plays the next scene: some calls, rarely none. There is no last one.
    void play_scene();

private:
    Node node_;
    bool started_ = false;
    std::vector<void (*)(Node&)> deck_;
};

} // namespace peer_observer::sim_node
