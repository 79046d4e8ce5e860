// The metrics of this tool, in one table that docs/addr-connectivity.md is checked against.
#pragma once

#include "libs/telemetry/telemetry.h"
#include "services/addr-connectivity/counters.h"

#include <string>

namespace peer_observer::addr_connectivity {

/// peer_observer_addr_connectivity_*. `counters` outlives the endpoint.
void add_metrics(telemetry::Telemetry& telemetry, const Counters& counters);

/// Markdown rows of name, type, labels and meaning.
std::string markdown_table();

} // namespace peer_observer::addr_connectivity
