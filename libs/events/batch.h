// A serialized EventBatch: its envelope, read and written. No I/O.
#pragma once

#include "libs/base/open_field.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace peer_observer::events {

inline constexpr std::uint32_t kSchemaVersion = 1;
inline constexpr std::size_t kMaxNodeNameLength = 64;
/// No batch of a publisher of ours comes near this. More would only cost its readers memory: 16 MiB hold 8 million
/// empty events.
inline constexpr std::uint64_t kMaxBatchEvents = 65'536;

/// 1 to 64 characters of [A-Za-z0-9._-].
bool is_node_name(std::string_view name);

/// A view of the bytes. Event number `i` of the batch has the sequence number first_sequence + i.
struct Batch {
    std::string_view node;
    std::uint64_t publisher_id = 0;
    std::uint64_t first_sequence = 0;
    std::uint64_t event_count = 0; ///< 0 = heartbeat
    std::string_view bytes;        ///< the serialized EventBatch
    bool last = false;             ///< the publisher stops in order
};

/// Reads the envelope and counts the events, but does not look into them. Skips fields that this version does not know.
/// The error says what is wrong, in words that may go to a log: it has no byte of the batch in it.
std::expected<Batch, std::string> parse_batch(std::string_view bytes);

/// Appends the envelope of a batch.
void begin_batch(std::string& out, std::string_view node, std::uint64_t publisher_id, std::uint64_t first_sequence);

/// Appends the next event of the batch that begin_batch() began: a serialized peer_observer.proto.Event.
void append_event(std::string& out, std::string_view event);

/// The same, for an event that is appended to `out` before the field is closed. `expected_bytes` is about its size.
base::OpenField open_event(std::string& out, std::size_t expected_bytes = 0);

/// Says that the publisher stops in order, and that this batch is its last.
void mark_last(std::string& out);

} // namespace peer_observer::events
