// Connections of peers that the operator knows: they are left out of what is counted, or counted by name, too.
#pragma once

#include "libs/app/known_peers.h"
#include "libs/base/lru_map.h"
#include "proto/event.pb.h"
#include "services/metrics/p2p/connection_state.h"
#include "services/metrics/series/bounded_counters.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace peer_observer::metrics {

/// What the operator says now. `version` is another one each time that it changes.
struct KnownPeersOption {
    app::KnownPeers peers;
    std::uint64_t version = 1;
};

inline const KnownPeersOption kNoKnownPeers;

/// A user agent is known only with the peer's version message. Where the file names one, the few events before it wait
/// for that.
class KnownConnections {
public:
    /// `option` must outlive this object.
    KnownConnections(NodeRegistry& registry, const KnownPeersOption& option);

    using ProcessId = ConnectionState::ProcessId;
    using Count = std::function<void(const ProcessId& process, const proto::Event&)>;
    /// Calls `count` with what is to be counted now: this event, events that waited for it, or nothing.
    void take(const ProcessId& process, const proto::Event& event, const Count& count);
    /// Nothing more comes from it: counts what has waited.
    void publisher_gone(std::uint64_t publisher_id, const Count& count);

private:
    /// Of a handshake, four to eight come before the peer's version message, if any.
    static constexpr std::size_t kMostWaiting = 16;
    /// Of all connections. A peer may send megabytes in front of its version message.
    static constexpr std::size_t kMostWaitingBytes = std::size_t{16} << 20U;
    static constexpr std::size_t kMostConnections = 16'384;

    struct Key {
        ProcessId process;
        std::int64_t peer_id = 0;
        bool operator==(const Key&) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const;
    };
    struct Connection {
        std::string own_host; ///< empty where the address is shared by any number of peers
        std::string user_agent;
        std::uint64_t version = 0; ///< of the operator's list, when this was decided; 0: it waits for the user agent
        bool is_left_out = false;
        std::string name; ///< empty for a peer that no line fits
        std::vector<proto::Event> waiting;
        std::size_t waiting_bytes = 0;
    };

    void decide(const Key& key, Connection& connection, const Count& count);
    void count_one(const Key& key, const Connection& connection, const proto::Event& event, const Count& count);
    void forget(const Key& key, const Count& count);

    const KnownPeersOption& option_;
    base::LruMap<Key, Connection, Hash> connections_{kMostConnections};
    std::size_t waiting_bytes_ = 0; ///< of all connections
    BoundedCounters opened_;
    BoundedCounters messages_;
};

} // namespace peer_observer::metrics
