#include "services/metrics/rpc/orphans.h"

#include <algorithm>
#include <utility>

namespace peer_observer::metrics {
namespace {

/// How many of `orphans` are not among `others`, and their bytes.
template <typename Bytes>
std::pair<double, double> difference(const Bytes& orphans, const Bytes& others)
{
    std::pair<double, double> found{0, 0};
    for (const auto& [wtxid, bytes] : orphans) {
        if (others.contains(wtxid)) continue;
        found.first += 1;
        found.second += static_cast<double>(bytes);
    }
    return found;
}

} // namespace

void RpcOrphans::observe(const proto::OrphanTxs& answer, Snapshot& gauges)
{
    const auto& orphans = answer.orphans();
    double bytes = 0;
    double vsize = 0;
    double weight = 0;
    double announcements = 0;
    Bytes now;
    for (const auto& orphan : orphans) {
        bytes += static_cast<double>(orphan.bytes());
        vsize += static_cast<double>(orphan.vsize());
        weight += static_cast<double>(orphan.weight());
        announcements += orphan.from_size();
        now.emplace(orphan.wtxid(), orphan.bytes());
    }
    gauges.set(metric("rpc_getorphantxs_count"), orphans.size());
    gauges.set(metric("rpc_getorphantxs_bytes"), bytes);
    gauges.set(metric("rpc_getorphantxs_vsize"), vsize);
    gauges.set(metric("rpc_getorphantxs_weight"), weight);
    if (!orphans.empty()) {
        const auto [least, most] = std::ranges::minmax(orphans, {}, &proto::OrphanTx::from_size);
        gauges.set(metric("rpc_getorphantxs_from_mean"), announcements / orphans.size());
        gauges.set(metric("rpc_getorphantxs_from_min"), least.from_size());
        gauges.set(metric("rpc_getorphantxs_from_max"), most.from_size());
    }

    // The first answer shows what there is, not what has come.
    const auto added = last_ ? difference(now, *last_) : std::pair{0.0, 0.0};
    const auto removed = last_ ? difference(*last_, now) : std::pair{0.0, 0.0};
    registry_.counter(metric("rpc_getorphantxs_added_count")).Increment(added.first);
    registry_.counter(metric("rpc_getorphantxs_added_bytes")).Increment(added.second);
    registry_.counter(metric("rpc_getorphantxs_removed_count")).Increment(removed.first);
    registry_.counter(metric("rpc_getorphantxs_removed_bytes")).Increment(removed.second);
    last_ = std::move(now);
}

} // namespace peer_observer::metrics
