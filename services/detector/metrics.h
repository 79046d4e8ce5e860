// The service's own Prometheus metrics.
#pragma once

#include "libs/telemetry/telemetry.h"
#include "services/detector/engine.h"

namespace peer_observer::detector {

/// `counters` must outlive `telemetry`.
void add_metrics(telemetry::Telemetry& telemetry, const Counters& counters);

} // namespace peer_observer::detector
