#include "services/metrics/series/registry.h"

#include <stdexcept>
#include <string>

namespace peer_observer::metrics {
namespace {

prometheus::Labels make_labels(const Definition& row, std::string_view host, std::span<const std::string_view> values)
{
    prometheus::Labels labels;
    if (row.by_host) labels.emplace("host", host);
    std::size_t next = 0;
    for (const Label& label : row.labels) {
        if (label.name.empty()) continue;
        if (next == values.size()) throw std::logic_error{"too few labels for " + std::string{row.name}};
        labels.emplace(label.name, values[next++]);
    }
    if (next != values.size()) throw std::logic_error{"too many labels for " + std::string{row.name}};
    return labels;
}

template <typename Builder>
auto* make_family(Builder builder, const Definition& row, prometheus::Registry& registry)
{
    return &builder.Name(std::string{row.name}).Help(std::string{row.help}).Register(registry);
}

} // namespace

Registry::Registry()
{
    for (std::size_t index = 0; index < kDefinitions.size(); ++index) {
        const Definition& row = kDefinitions[index];
        switch (row.type) {
        case Type::counter:
            counters_[index] = make_family(prometheus::BuildCounter(), row, *registry_);
            break;
        case Type::gauge:
            gauges_[index] = make_family(prometheus::BuildGauge(), row, *registry_);
            break;
        case Type::histogram:
            histograms_[index] = make_family(prometheus::BuildHistogram(), row, *registry_);
            break;
        }
    }
}

template <typename T>
prometheus::Family<T>& Registry::family(const Families<T>& families, Metric metric)
{
    auto* const found = families.at(static_cast<std::size_t>(metric));
    if (found == nullptr) throw std::logic_error{"another type than " + std::string{definition(metric).name} + " has"};
    return *found;
}

Counter& Registry::counter(Metric metric, std::string_view host, std::span<const std::string_view> values)
{
    return family(counters_, metric).Add(make_labels(definition(metric), host, values));
}

Gauge& Registry::gauge(Metric metric, std::string_view host, std::span<const std::string_view> values)
{
    return family(gauges_, metric).Add(make_labels(definition(metric), host, values));
}

Histogram& Registry::histogram(Metric metric, std::string_view host, std::span<const std::string_view> values)
{
    const Definition& row = definition(metric);
    return family(histograms_, metric)
        .Add(make_labels(row, host, values), Histogram::BucketBoundaries(row.buckets.begin(), row.buckets.end()));
}

void Registry::remove(Metric metric, Counter& series) { family(counters_, metric).Remove(&series); }

void Registry::remove(Metric metric, Gauge& series) { family(gauges_, metric).Remove(&series); }

} // namespace peer_observer::metrics
