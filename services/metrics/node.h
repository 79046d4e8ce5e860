// The metrics of one node: hands each event to those who count its kind.
#pragma once

#include "proto/event.pb.h"
#include "services/metrics/ip_lists/ip_lists.h"
#include "services/metrics/node/health.h"
#include "services/metrics/node/log.h"
#include "services/metrics/node/mempool.h"
#include "services/metrics/node/patched.h"
#include "services/metrics/node/validation.h"
#include "services/metrics/p2p/connections.h"
#include "services/metrics/p2p/known_connections.h"
#include "services/metrics/p2p/messages.h"
#include "services/metrics/p2p/peers_by_as.h"
#include "services/metrics/p2p_extractor/p2p_extractor.h"
#include "services/metrics/rpc/rpc.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace peer_observer::metrics {

class Node {
public:
    Node(Registry& registry, std::string_view name, const IpLists& lists, const AsOptions& as_options,
         const KnownPeersOption& known_peers, const Moment& start);
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    Health& health() { return health_; }
    /// `is_counted`: or only its age and sort are shown.
    void observe(const proto::Event& event, std::uint64_t publisher_id, bool is_counted, const Moment& now);
    /// After the events of a batch.
    void flush();
    void tick(const Moment& now);

private:
    /// False for a kind that is not known here.
    bool count(const proto::Event& event, const Moment& now);

    KnownConnections::Count counting(const Moment& now);
    void observe_process(const proto::Event& event);

    NodeRegistry registry_;
    Counter& restarts_;
    std::set<std::pair<std::uint32_t, std::uint64_t>> processes_; ///< pid and start
    Health health_;
    Messages messages_;
    Connections connections_;
    PeersByAs by_as_;
    KnownConnections known_;
    Mempool mempool_;
    Validation validation_;
    Patched patched_;
    Rpc rpc_;
    Log log_;
    std::optional<P2pExtractor> p2p_extractor_; ///< of a node that has one
};

} // namespace peer_observer::metrics
