// From batches to metrics.
#pragma once

#include "libs/bus/notices.h"
#include "libs/bus/subscriber.h"
#include "proto/event.pb.h"
#include "services/metrics/ip_lists.h"
#include "services/metrics/node.h"
#include "services/metrics/registry.h"

#include <google/protobuf/arena.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace peer_observer::metrics {

class Observer {
public:
    using Log = std::function<void(const std::string& line)>;

    /// `registry` and `lists` must outlive this object. `log` gets complaints, at most one a second.
    Observer(Registry& registry, const IpLists& lists, Log log, const Moment& start = Moment::now());

    void observe(const bus::Batch& batch, const Moment& now);

    /// Shows what changes without events. To be called about every second.
    void tick(const Moment& now);

private:
    Node& node(std::string_view name);
    void observe_readable_events(Node& node, const bus::Batch& batch, const Moment& now);

    Registry& registry_;
    const IpLists& lists_;
    Log log_;
    Moment start_;
    bus::NoticeLimit unparsable_notices_;
    std::unique_ptr<char[]> arena_block_;
    google::protobuf::Arena arena_;
    std::map<std::string, std::unique_ptr<Node>, std::less<>> nodes_;
};

} // namespace peer_observer::metrics
