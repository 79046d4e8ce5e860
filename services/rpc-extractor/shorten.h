// Answers that outgrow an event of the bus: what they can do without.
#pragma once

#include "proto/rpc.pb.h"

#include <string_view>

namespace peer_observer::rpc_extractor {

/// Removes the fields that are most of the answer and least of its meaning. Their names; empty if there are none.
std::string_view shorten(proto::Rpc& rpc);

} // namespace peer_observer::rpc_extractor
