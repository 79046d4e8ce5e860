// A frame on the bus: topic, a zero byte, an EventBatch. Writes and checks frames; no I/O.
#pragma once

#include "libs/base/limits.h"
#include "libs/events/batch.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace peer_observer::bus {

inline constexpr std::string_view kTopicPrefix = "peer-observer/1/";
// An Event has at least the nine bytes of its time, and two in front of them.
static_assert(base::kBatchBytes / 11 + 1 <= events::kMaxBatchEvents);

/// What the frames of this node start with, the zero byte included: without it, node "a" would match those of "ab" too.
std::string frame_start(std::string_view node);

/// Makes `frame` a frame without events.
void begin_frame(std::string& frame, std::string_view node, std::uint64_t publisher_id, std::uint64_t first_sequence);

/// The batch behind the topic; a view into the frame. Checks the topic, and the batch as events::parse_batch() does.
/// The error says what is wrong, in words that may go to a log: it has no byte of the frame in it.
std::expected<events::Batch, std::string> parse_frame(std::string_view frame);

} // namespace peer_observer::bus
