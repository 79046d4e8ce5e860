// The service's own Prometheus metrics.
#pragma once

#include "libs/telemetry/telemetry.h"
#include "services/detector/engine.h"
#include "services/detector/webhook.h"

namespace peer_observer::detector {

/// `counters` must outlive `telemetry`.
void add_metrics(telemetry::Telemetry& telemetry, const Counters& counters);

/// The same of the webhook.
void add_metrics(telemetry::Telemetry& telemetry, const Webhook& webhook);

} // namespace peer_observer::detector
