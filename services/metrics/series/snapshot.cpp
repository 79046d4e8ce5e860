#include "services/metrics/series/snapshot.h"

#include "services/metrics/series/bounded_counters.h"
#include "services/metrics/series/label_text.h"

#include <algorithm>
#include <span>

namespace peer_observer::metrics {

void Snapshot::set(Metric metric, double value, Values labels)
{
    set(Key{metric, std::vector<std::string>(labels.begin(), labels.end())}, value);
}

void Snapshot::set(Key key, double value)
{
    Entry& entry = gauges_[key];
    if (entry.gauge == nullptr) {
        const std::vector<std::string_view> values{key.second.begin(), key.second.end()};
        entry.gauge = &registry_.gauge(key.first, std::span<const std::string_view>{values});
    }
    entry.gauge->Set(value);
    entry.set = true;
}

void Snapshot::set_counts(Metric counted, const std::map<std::string, std::uint64_t>& counts, Values labels)
{
    std::vector<std::pair<std::string_view, std::uint64_t>> largest{counts.begin(), counts.end()};
    std::ranges::sort(largest, [](const auto& a, const auto& b) { // the largest first; of equal ones, by name
        return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    std::map<std::string, std::uint64_t> shown; // two texts may look the same as labels
    std::string buffer;
    for (std::size_t i = 0; i < largest.size(); ++i)
        shown[std::string{i < kMaxLabelValues ? label_text(largest[i].first, buffer) : kOther}] += largest[i].second;
    for (const auto& [text, count] : shown) {
        Key key{counted, std::vector<std::string>(labels.begin(), labels.end())};
        key.second.push_back(text);
        set(std::move(key), static_cast<double>(count));
    }
    const Definition& row = definition(counted); // counted from 0 on: a rule sees the first that is folded
    registry_.counter(metric("label_values_folded_total"), {row.name, row.labels.at(labels.size()).name})
        .Increment(static_cast<double>(largest.size() - std::min(largest.size(), kMaxLabelValues)));
}

void Snapshot::finish()
{
    for (auto item = gauges_.begin(); item != gauges_.end();) {
        if (std::exchange(item->second.set, false)) {
            ++item;
        } else {
            registry_.remove(item->first.first, *item->second.gauge);
            item = gauges_.erase(item);
        }
    }
}

} // namespace peer_observer::metrics
