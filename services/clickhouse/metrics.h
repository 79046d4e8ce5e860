// The service's own metrics.
#pragma once

#include "libs/telemetry/telemetry.h"
#include "services/clickhouse/counters.h"

namespace peer_observer::clickhouse {

/// peer_observer_clickhouse_*. `counters` outlives the endpoint.
void add_clickhouse_metrics(telemetry::Telemetry& telemetry, const Counters& counters);

} // namespace peer_observer::clickhouse
