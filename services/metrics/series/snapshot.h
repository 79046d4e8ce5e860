// Gauges of one answer at a time: series that the next answer does not have are removed.
#pragma once

#include "services/metrics/series/registry.h"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::metrics {

class Snapshot {
public:
    using Values = std::initializer_list<std::string_view>;

    explicit Snapshot(NodeRegistry& registry) : registry_{registry} {}

    void set(Metric metric, double value, Values labels = {});

    /// One gauge for each value of the metric's last label, which peers may choose: of kMaxLabelValues the counts, of
    /// all others together the value `other`. Any bytes. `labels` are those before it.
    void set_counts(Metric metric, const std::map<std::string, std::uint64_t>& counts, Values labels = {});

    /// Removes what was not set since the last call.
    void finish();

private:
    struct Entry {
        Gauge* gauge = nullptr;
        bool set = false;
    };
    using Key = std::pair<Metric, std::vector<std::string>>;

    void set(Key key, double value);

    NodeRegistry& registry_;
    std::map<Key, Entry> gauges_;
};

} // namespace peer_observer::metrics
