// The archiver's own metrics.
#pragma once

#include "libs/telemetry/telemetry.h"
#include "services/archiver/counters.h"

#include <string>
#include <utility>
#include <vector>

namespace peer_observer::archiver {

/// The counters of each archive, by name. They outlive the endpoint.
using ArchiveCounters = std::vector<std::pair<std::string, const Counters*>>;

/// peer_observer_archiver_*, with a label `archive`.
void add_archiver_metrics(telemetry::Telemetry& telemetry, const ArchiveCounters& archives);

} // namespace peer_observer::archiver
