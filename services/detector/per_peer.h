// What a detector remembers of each connection: as long as the node's watch remembers the connection.
#pragma once

#include "services/detector/hooks.h"

#include <cstdint>
#include <unordered_map>

namespace peer_observer::detector {

template <typename State>
class PerPeer {
public:
    explicit PerPeer(Hooks& hooks)
    {
        hooks.forgotten += [this](const Moment&, const Peer& peer) { states_.erase(peer.id); };
    }
    PerPeer(const PerPeer&) = delete;
    PerPeer& operator=(const PerPeer&) = delete;

    State& operator[](const Peer& peer) { return states_[peer.id]; }
    /// Null if nothing is known of it.
    State* find(const Peer& peer)
    {
        const auto found = states_.find(peer.id);
        return found == states_.end() ? nullptr : &found->second;
    }
    void erase(const Peer& peer) { states_.erase(peer.id); }
    void clear() { states_.clear(); }
    auto begin() { return states_.begin(); }
    auto end() { return states_.end(); }

private:
    std::unordered_map<std::int64_t, State> states_;
};

} // namespace peer_observer::detector
