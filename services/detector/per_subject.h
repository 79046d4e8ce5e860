// What a detector remembers of each subject: of a host, over all of its connections, or of a connection where the
// address does not tell whose it is.
#pragma once

#include "libs/base/lru_map.h"
#include "services/detector/peer.h"

#include <cstddef>
#include <string>

namespace peer_observer::detector {

inline std::string subject_key(const Peer& peer)
{
    return peer.has_own_host() ? peer.host : "peer " + std::to_string(peer.id);
}

template <typename State>
class PerSubject {
public:
    State& operator[](const Peer& peer) { return states_[subject_key(peer)]; }
    /// Null if nothing is known of it.
    State* find(const Peer& peer) { return states_.find(subject_key(peer)); }
    void clear() { states_.clear(); }
    auto begin() { return states_.begin(); }
    auto end() { return states_.end(); }

private:
    static constexpr std::size_t kMostSubjects = 4096;

    base::LruMap<std::string, State> states_{kMostSubjects};
};

} // namespace peer_observer::detector
