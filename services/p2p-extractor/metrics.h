// The extractor's own figures for Prometheus.
#pragma once

#include "libs/telemetry/telemetry.h"
#include "services/p2p-extractor/network.h"

namespace peer_observer::p2p_extractor {

/// peer_observer_p2p_extractor_*, by node. The figures outlive the endpoint.
void add_metrics(telemetry::Telemetry& telemetry, const AllFigures& figures);

} // namespace peer_observer::p2p_extractor
