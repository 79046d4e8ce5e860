#include "services/metrics/node/validation.h"

#include <algorithm>

namespace peer_observer::metrics {

Validation::Validation(NodeRegistry& registry)
    : height_{registry, metric("validation_block_connected_latest_height")},
      duration_us_{registry, metric("validation_block_connected_latest_connection_time")},
      sigops_{registry, metric("validation_block_connected_latest_sigops")},
      inputs_{registry, metric("validation_block_connected_latest_inputs")},
      transactions_{registry, metric("validation_block_connected_latest_transactions")},
      total_duration_us_{registry.counter(metric("validation_block_connected_connection_time"))}
{}

bool Validation::observe(const proto::Validation& event)
{
    if (!event.has_block_connected()) return false;
    const auto& block = event.block_connected();
    const double duration_us = static_cast<double>(std::max<std::int64_t>(block.duration_ns(), 0)) / 1000;
    height_.set(block.height());
    duration_us_.set(duration_us);
    sigops_.set(static_cast<double>(block.sigop_cost()));
    inputs_.set(block.input_count());
    transactions_.set(static_cast<double>(block.transaction_count()));
    total_duration_us_.Increment(duration_us);
    return true;
}

} // namespace peer_observer::metrics
