// The extractor's own figures for Prometheus.
#pragma once

#include "services/rpc-extractor/fault.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace peer_observer::rpc_extractor {

/// peer_observer_rpc_extractor_*, by method.
class Metrics {
public:
    Metrics();

    /// What a scrape collects from, in another thread.
    std::shared_ptr<prometheus::Collectable> collectable() const { return registry_; }

    /// So that a method that was never answered can be seen.
    void add_method(std::string_view method);

    /// `duration`: from the request's first byte to the answer's last, whatever the answer says.
    void count_answer(std::string_view method, std::chrono::microseconds duration, std::size_t bytes);
    void count_success(std::string_view method, double unix_time);
    void count_fault(std::string_view method, Cause cause);
    void count_unknown_fields(std::string_view method, const std::set<std::string>& fields);
    void count_shortened(std::string_view method);
    void set_left_alone(std::string_view method, bool left_alone);

private:
    std::shared_ptr<prometheus::Registry> registry_ = std::make_shared<prometheus::Registry>();
    prometheus::Family<prometheus::Histogram>& durations_;
    prometheus::Family<prometheus::Counter>& bytes_;
    prometheus::Family<prometheus::Counter>& errors_;
    prometheus::Family<prometheus::Gauge>& last_success_;
    prometheus::Family<prometheus::Counter>& unknown_fields_;
    prometheus::Family<prometheus::Counter>& shortened_;
    prometheus::Family<prometheus::Gauge>& left_alone_;
    std::size_t unknown_field_count_ = 0;
};

} // namespace peer_observer::rpc_extractor
