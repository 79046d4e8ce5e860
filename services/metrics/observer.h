// From batches to metrics.
#pragma once

#include "libs/app/bad_events.h"
#include "libs/bus/subscriber.h"
#include "services/metrics/ip_lists/ip_lists.h"
#include "services/metrics/node.h"
#include "services/metrics/series/registry.h"

#include <map>
#include <memory>
#include <string>

namespace peer_observer::metrics {

class Observer {
public:
    /// All references and what `as_options` point to must outlive this object.
    Observer(Registry& registry, const IpLists& lists, const AsOptions& as_options = {},
             const Moment& start = Moment::now(), const KnownPeersOption& known_peers = kNoKnownPeers);

    void observe(const bus::Batch& batch, const Moment& now);

    /// Shows what changes without events. To be called about every second.
    void tick(const Moment& now);

    const app::BadEvents& bad_events() const { return bad_events_; }

private:
    Node& node(std::string_view name);

    Registry& registry_;
    const IpLists& lists_;
    const KnownPeersOption& known_peers_;
    AsOptions as_options_;
    Moment start_;
    app::BadEvents bad_events_;
    events::EventReader reader_;
    std::map<std::string, std::unique_ptr<Node>, std::less<>> nodes_;
};

} // namespace peer_observer::metrics
