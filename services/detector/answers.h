// What a message is about: two requests for the same, and two answers with the same, are equal.
#pragma once

#include "proto/message.pb.h"
#include "services/detector/inventory.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace peer_observer::detector {

/// Of what a peer asks the node for: a number for each thing, but transactions. Nothing for messages that are no
/// requests.
std::vector<std::uint64_t> things_requested(const proto::MessagePayload& payload);

/// Of what the node sends because it was asked for it; the first one where a message has many.
std::optional<std::uint64_t> thing_sent(const proto::MessagePayload& payload);

/// What the node works for: whether it was asked for something.
bool is_request(proto::MessagePayload::PayloadCase type);

} // namespace peer_observer::detector
