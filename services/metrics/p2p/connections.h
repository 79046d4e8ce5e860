// The metrics peerobserver_conn_*.
#pragma once

#include "proto/connection.pb.h"
#include "services/metrics/ip_lists/ip_lists.h"
#include "services/metrics/p2p/connection_state.h"
#include "services/metrics/series/bounded_counters.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace peer_observer::metrics {

class Connections {
public:
    Connections(NodeRegistry& registry, const IpLists& lists);

    /// To be called for each event of whatever kind, before the others. True if this process was not known.
    bool seen(const ConnectionState::ProcessId& id);
    /// The numbers of open connections, which are the node's own: also of peers that are not counted.
    void track(const proto::Connection& event);
    /// Everything else. `time_s`: UNIX time of the event. False for a kind that is not known here.
    bool count(const proto::Connection& event, double time_s);
    void publisher_gone(std::uint64_t publisher_id);

private:
    /// By Core's number; the last is of numbers that this version does not know.
    using ByNetwork = std::array<Counter*, proto::Network_ARRAYSIZE + 1>;
    struct ListCounters {
        const IpLists::List* list;
        Counter* listed;
        Counter* known; ///< null unless existing dashboards have a metric for a list of this name
    };

    static ByNetwork by_network(NodeRegistry& registry, Metric metric);
    static void increment(ByNetwork& counters, proto::Network network);
    void observe_inbound(const proto::OpenedConnection& connection);
    void observe_outbound(const proto::OpenedConnection& connection);
    void observe_closed(const proto::EndedConnection& connection, double time_s);
    void show_current();

    ConnectionState state_;
    Counter& inbound_;
    ByNetwork inbound_by_network_;
    std::vector<ListCounters> lists_;
    OptionalGauge inbound_current_;
    Counter& outbound_;
    OptionalGauge outbound_current_;
    ByNetwork outbound_by_network_;
    Counter& closed_;
    ByNetwork closed_by_network_;
    Counter& closed_age_;
    Counter& evicted_;
    BoundedCounters misbehaving_;
    Counter& private_broadcasts_;
};

} // namespace peer_observer::metrics
