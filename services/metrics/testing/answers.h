// Answers to RPC calls for the tests of this service.
#pragma once

#include "proto/event.pb.h"

#include <vector>

namespace peer_observer::metrics::testing {

/// What the dashboards show of one look at a node, the `round`th.
std::vector<proto::Event> answers(int round);

} // namespace peer_observer::metrics::testing
