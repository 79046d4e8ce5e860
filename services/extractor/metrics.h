// The extractor's own figures for Prometheus.
#pragma once

#include "libs/telemetry/telemetry.h"
#include "services/extractor/extractor.h"

#include <functional>

namespace peer_observer::extractor {

/// `read` is called at each scrape, from another thread.
void add_extractor_metrics(telemetry::Telemetry& telemetry, const std::function<ExtractorStatistics()>& read);

} // namespace peer_observer::extractor
