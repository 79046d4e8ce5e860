// Events as the extractor makes them, of the calls of a script.
#pragma once

#include "proto/event.pb.h"
#include "tests/sim_node/probes.h"

#include <cstdint>

namespace peer_observer::detector::testing {

/// Without a time.
proto::Event event_of(const sim_node::Call& call);

} // namespace peer_observer::detector::testing
