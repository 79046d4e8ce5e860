// Metrics of the tracepoints that our patches add to Bitcoin Core: address manager and orphans.
#pragma once

#include "proto/addrman.pb.h"
#include "proto/orphan.pb.h"
#include "services/metrics/series/registry.h"

namespace peer_observer::metrics {

class Patched {
public:
    explicit Patched(NodeRegistry& registry);

    bool observe(const proto::AddrMan& event);
    bool observe(const proto::Orphan& event);

    /// The node has another process: what the old one held is gone.
    void on_new_process();

private:
    Counter& new_inserted_;
    Counter& new_not_inserted_;
    Counter& tried_inserted_;
    Counter& orphans_added_;
    Counter& orphans_removed_;
    OptionalGauge orphans_;
    OptionalGauge orphans_weight_;
};

} // namespace peer_observer::metrics
