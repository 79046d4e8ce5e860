// The metrics peerobserver_validation_*.
#pragma once

#include "proto/validation.pb.h"
#include "services/metrics/series/registry.h"

namespace peer_observer::metrics {

class Validation {
public:
    explicit Validation(NodeRegistry& registry);

    bool observe(const proto::Validation& event);

private:
    OptionalGauge height_;
    OptionalGauge duration_us_;
    OptionalGauge sigops_;
    OptionalGauge inputs_;
    OptionalGauge transactions_;
    Counter& total_duration_us_;
};

} // namespace peer_observer::metrics
