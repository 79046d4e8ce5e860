// Metrics that are one field of an answer.
#pragma once

#include "proto/rpc.pb.h"
#include "services/metrics/series/snapshot.h"

namespace peer_observer::metrics {

/// Sets those of the event's kind whose field is there.
void show_scalars(const proto::Rpc& event, Snapshot& gauges);

} // namespace peer_observer::metrics
