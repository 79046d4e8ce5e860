// The metrics peerobserver_as_*: who is behind the peers' addresses.
#pragma once

#include "libs/asmap/autonomous_systems.h"
#include "proto/connection.pb.h"
#include "proto/message.pb.h"
#include "services/metrics/p2p/connection_state.h"
#include "services/metrics/series/bounded_counters.h"
#include "services/metrics/series/snapshot.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace peer_observer::metrics {

/// With `other` and `unmapped`, as many as a label may have.
inline constexpr std::size_t kMostAsSeries = kMaxLabelValues - 2;

struct AsOptions {
    const asmap::AutonomousSystems* systems = nullptr; ///< null: none of these metrics
    std::size_t shown = 50;                            ///< how many ASes have series of their own
};

/// Of peers that are connected by IPv4 or IPv6; others have no AS. Of a connection that was opened before we looked,
/// the first message tells.
class PeersByAs {
public:
    PeersByAs(NodeRegistry& registry, const AsOptions& options);

    /// To be called for each event of a process, before the others. When a process shows up that was not there, the
    /// peers of those before it are forgotten: what is still there is known again from its next message.
    void seen(const ConnectionState::ProcessId& id);
    void observe(const proto::Connection& event);
    void observe(const proto::Message& event);
    /// The peer of the process of the latest event is not connected any more.
    void forget(std::int64_t peer_id);
    void publisher_gone(std::uint64_t publisher_id);
    /// Shows the gauges as they are now.
    void show();

private:
    struct Peer {
        bool has_as = false; ///< is of IPv4 or IPv6
        Direction direction = Direction::inbound;
        std::uint32_t asn = 0; ///< 0: not in the map
    };
    struct Process {
        ConnectionState::ProcessId id;
        std::unordered_map<std::int64_t, Peer> peers;
    };

    static bool is_ip(proto::Network network) { return network == proto::IPV4 || network == proto::IPV6; }
    Peer look_up(std::string_view address, std::string_view connection_type, bool is_ip) const;
    /// In the process of the latest event.
    Peer& place(std::int64_t peer_id);
    BoundedCounters::Value& counters_of(std::uint32_t asn);
    void show_peers(Direction direction, std::set<std::uint32_t>& named);

    AsOptions options_;
    std::vector<Process> processes_;                          ///< the last one is that of the latest event
    std::optional<BoundedCounters> counters_;                 ///< nothing without an asmap
    std::unordered_map<std::uint32_t, std::uint64_t> totals_; ///< of each AS, shown or not: no more than the map has
    std::set<std::uint32_t> shown_;                           ///< ASes that have counters of their own
    Snapshot gauges_;
};

} // namespace peer_observer::metrics
