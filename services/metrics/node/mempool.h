// The metrics peerobserver_mempool_*.
#pragma once

#include "proto/mempool.pb.h"
#include "services/metrics/series/bounded_counters.h"

namespace peer_observer::metrics {

class Mempool {
public:
    explicit Mempool(NodeRegistry& registry);

    /// False for a kind of event that is not known here. (So do its siblings.)
    bool observe(const proto::Mempool& event);

private:
    Counter& added_;
    Counter& added_vbytes_;
    Counter& replaced_;
    Counter& replaced_vbytes_;
    BoundedCounters rejected_;
    BoundedCounters removed_;
};

} // namespace peer_observer::metrics
