#include "services/metrics/node/mempool.h"

namespace peer_observer::metrics {

Mempool::Mempool(NodeRegistry& registry)
    : added_{registry.counter(metric("mempool_added"))},
      added_vbytes_{registry.counter(metric("mempool_added_vbytes"))},
      replaced_{registry.counter(metric("mempool_replaced"))},
      replaced_vbytes_{registry.counter(metric("mempool_replaced_vbytes"))},
      rejected_{registry, metric("mempool_rejected")}, removed_{registry, metric("mempool_removed")}
{
    rejected_.start_at_zero();
}

bool Mempool::observe(const proto::Mempool& event)
{
    switch (event.event_case()) {
    case proto::Mempool::kAdded:
        added_.Increment();
        added_vbytes_.Increment(event.added().vsize_vbytes());
        return true;
    case proto::Mempool::kRemoved:
        removed_.increment(event.removed().reason());
        return true;
    case proto::Mempool::kReplaced:
        replaced_.Increment();
        replaced_vbytes_.Increment(event.replaced().replaced_vsize_vbytes());
        return true;
    case proto::Mempool::kRejected:
        rejected_.increment(event.rejected().reason());
        return true;
    case proto::Mempool::EVENT_NOT_SET:
        break;
    }
    return false;
}

} // namespace peer_observer::metrics
