// A frame on the bus: topic, a zero byte, an EventBatch. Writes and checks frames; no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "libs/base/limits.h"

namespace peer_observer::bus {

inline constexpr std::uint32_t kSchemaVersion = 1;
inline constexpr std::string_view kTopicPrefix = "peer-observer/1/";
inline constexpr std::size_t kMaxNodeNameLength = 64;
using base::kBatchBytes;
using base::kMaxEventBytes;
using base::kMaxFrameBytes;
/// A batch of ours that has reached kBatchBytes leaves, and an Event has at least the nine bytes of its time, and two
/// in front of them: no batch comes near this. More would only cost its readers memory: 16 MiB hold 8 million empty
/// events.
inline constexpr std::uint64_t kMaxBatchEvents = 65'536;
static_assert(kBatchBytes / 11 + 1 <= kMaxBatchEvents);

/// 1 to 64 characters of [A-Za-z0-9._-].
bool is_node_name(std::string_view name);

/// What the frames of this node start with, the zero byte included: without it, node "a" would match those of "ab" too.
std::string frame_start(std::string_view node);

/// Makes `frame` a frame without events.
void begin_frame(std::string& frame, std::string_view node, std::uint64_t publisher_id, std::uint64_t first_sequence);

/// `event` is a serialized peer_observer.proto.Event.
void append_event(std::string& frame, std::string_view event);

/// Says that the publisher stops in order, and that this frame is its last.
void mark_last(std::string& frame);

/// Views into the frame.
struct Frame {
    std::string_view node;
    std::uint64_t publisher_id = 0;
    std::uint64_t first_sequence = 0;
    std::uint64_t event_count = 0;
    std::string_view batch; ///< the serialized EventBatch
    bool last = false;      ///< the publisher stops in order
};

/// Reads the envelope and counts the events, but does not look into them. Fields that this version does not know are
/// passed over. The error says what is wrong, in words that may go to a log: it has no byte of the frame in it.
std::expected<Frame, std::string> parse_frame(std::string_view frame);

/// The same for a serialized EventBatch without a topic in front.
std::expected<Frame, std::string> parse_batch(std::string_view batch);

} // namespace peer_observer::bus
