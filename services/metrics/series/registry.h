// The metrics of definitions.h as prometheus-cpp keeps them.
#pragma once

#include "services/metrics/definitions.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

namespace peer_observer::metrics {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;

/// Making a series costs about a microsecond and waits for a scrape that is just copying its family; so users make each
/// once and keep the reference, which holds until remove().
class Registry {
public:
    Registry();

    /// What a scrape collects from.
    std::shared_ptr<prometheus::Collectable> collectable() const { return registry_; }

    /// The series with these values of `host` (ignored where the metric has none) and the other labels, in the order of
    /// the definition; made if there is none.
    Counter& counter(Metric metric, std::string_view host, std::span<const std::string_view> values);
    Gauge& gauge(Metric metric, std::string_view host, std::span<const std::string_view> values);
    Histogram& histogram(Metric metric, std::string_view host, std::span<const std::string_view> values);

    void remove(Metric metric, Counter& series);
    void remove(Metric metric, Gauge& series);

private:
    template <typename T>
    using Families = std::array<prometheus::Family<T>*, kDefinitions.size()>;

    template <typename T>
    static prometheus::Family<T>& family(const Families<T>& families, Metric metric);

    std::shared_ptr<prometheus::Registry> registry_ = std::make_shared<prometheus::Registry>();
    Families<Counter> counters_{};
    Families<Gauge> gauges_{};
    Families<Histogram> histograms_{};
};

/// The series of one node.
class NodeRegistry {
public:
    using Values = std::initializer_list<std::string_view>;

    NodeRegistry(Registry& registry, std::string_view host) : registry_{registry}, host_{host} {}

    Counter& counter(Metric metric, Values values = {}) { return counter(metric, std::span{values}); }
    Counter& counter(Metric metric, std::span<const std::string_view> values)
    {
        return registry_.counter(metric, host_, values);
    }
    Gauge& gauge(Metric metric, Values values = {}) { return gauge(metric, std::span{values}); }
    Gauge& gauge(Metric metric, std::span<const std::string_view> values)
    {
        return registry_.gauge(metric, host_, values);
    }
    Histogram& histogram(Metric metric, Values values = {})
    {
        return registry_.histogram(metric, host_, std::span{values});
    }
    template <typename T>
    void remove(Metric metric, T& series)
    {
        registry_.remove(metric, series);
    }

private:
    Registry& registry_;
    std::string host_;
};

/// A gauge that is there only while there is something to say.
class OptionalGauge {
public:
    /// `values` must outlive this object.
    OptionalGauge(NodeRegistry& registry, Metric metric, std::span<const std::string_view> values = {})
        : registry_{registry}, metric_{metric}, values_{values}
    {}

    void set(double value)
    {
        if (gauge_ == nullptr) gauge_ = &registry_.gauge(metric_, values_);
        gauge_->Set(value);
    }
    void clear()
    {
        if (gauge_ != nullptr) registry_.remove(metric_, *gauge_);
        gauge_ = nullptr;
    }

private:
    NodeRegistry& registry_;
    Metric metric_;
    std::span<const std::string_view> values_;
    Gauge* gauge_ = nullptr;
};

} // namespace peer_observer::metrics
