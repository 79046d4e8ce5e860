// The archiver's own metrics.
#pragma once

#include "libs/telemetry/telemetry.h"
#include "services/archiver/counters.h"

namespace peer_observer::archiver {

/// peer_observer_archiver_*. `counters` outlives the endpoint.
void add_archiver_metrics(telemetry::Telemetry& telemetry, const Counters& counters);

} // namespace peer_observer::archiver
