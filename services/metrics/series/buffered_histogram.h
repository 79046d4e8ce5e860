// A histogram that is written to many times between two moments at which others may see it.
#pragma once

#include "services/metrics/series/registry.h"

#include <algorithm>
#include <span>
#include <vector>

namespace peer_observer::metrics {

/// prometheus-cpp's own takes a lock and walks the buckets for each value: too slow for a message of 1,000 addresses.
class BufferedHistogram {
public:
    BufferedHistogram(NodeRegistry& registry, Metric metric, NodeRegistry::Values values = {})
        : buckets_{definition(metric).buckets}, histogram_{registry.histogram(metric, values)},
          increments_(buckets_.size() + 1)
    {}

    void observe(double value)
    {
        const auto bucket = std::ranges::lower_bound(buckets_, value) - buckets_.begin();
        ++increments_[static_cast<std::size_t>(bucket)];
        sum_ += value;
        changed_ = true;
    }

    /// Makes what was observed visible.
    void flush()
    {
        if (!changed_) return;
        histogram_.ObserveMultiple(increments_, sum_);
        std::ranges::fill(increments_, 0);
        sum_ = 0;
        changed_ = false;
    }

private:
    std::span<const double> buckets_;
    Histogram& histogram_;
    std::vector<double> increments_;
    double sum_ = 0;
    bool changed_ = false;
};

} // namespace peer_observer::metrics
