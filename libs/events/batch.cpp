#include "libs/events/batch.h"

#include "proto/event.pb.h"

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include <algorithm>
#include <limits>

namespace peer_observer::events {
namespace {

using proto::EventBatch;

struct Envelope {
    std::uint32_t schema_version = 0;
    Batch batch;
};

constexpr std::uint32_t key(int field, protozero::pbf_wire_type type)
{
    return protozero::tag_and_type(static_cast<protozero::pbf_tag_type>(field), type);
}

/// Throws protozero::exception where the bytes are not protobuf.
Envelope read_envelope(std::string_view bytes)
{
    using enum protozero::pbf_wire_type;
    Envelope envelope;
    envelope.batch.bytes = bytes;
    protozero::pbf_reader reader{bytes.data(), bytes.size()};
    while (reader.next()) {
        switch (reader.tag_and_type()) {
        case key(EventBatch::kSchemaVersionFieldNumber, varint):
            envelope.schema_version = reader.get_uint32();
            break;
        case key(EventBatch::kNodeFieldNumber, length_delimited):
            envelope.batch.node = reader.get_view();
            break;
        case key(EventBatch::kPublisherIdFieldNumber, fixed64):
            envelope.batch.publisher_id = reader.get_fixed64();
            break;
        case key(EventBatch::kFirstSequenceFieldNumber, varint):
            envelope.batch.first_sequence = reader.get_uint64();
            break;
        case key(EventBatch::kEventsFieldNumber, length_delimited):
            ++envelope.batch.event_count;
            reader.skip();
            break;
        case key(EventBatch::kLastFieldNumber, varint):
            envelope.batch.last = reader.get_uint64() != 0;
            break;
        default:
            reader.skip();
        }
    }
    return envelope;
}

} // namespace

bool is_node_name(std::string_view name)
{
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    };
    return !name.empty() && name.size() <= kMaxNodeNameLength && std::ranges::all_of(name, allowed);
}

std::expected<Batch, std::string> parse_batch(std::string_view bytes)
{
    Envelope envelope;
    try {
        envelope = read_envelope(bytes);
    } catch (const protozero::exception& error) {
        return std::unexpected{std::string{"the batch is not valid protobuf: "} + error.what()};
    }
    if (envelope.schema_version != kSchemaVersion) {
        return std::unexpected{"schema version " + std::to_string(envelope.schema_version) + ", only " +
                               std::to_string(kSchemaVersion) + " is understood"};
    }
    const Batch& result = envelope.batch;
    if (!is_node_name(result.node)) return std::unexpected{"the batch names no valid node"};
    if (result.event_count > kMaxBatchEvents) {
        return std::unexpected{"the batch has " + std::to_string(result.event_count) + " events, the limit is " +
                               std::to_string(kMaxBatchEvents)};
    }
    if (result.event_count > std::numeric_limits<std::uint64_t>::max() - result.first_sequence) {
        return std::unexpected{"the sequence numbers overflow"};
    }
    return result;
}

void begin_batch(std::string& out, std::string_view node, std::uint64_t publisher_id, std::uint64_t first_sequence)
{
    protozero::pbf_writer writer{out};
    writer.add_uint32(EventBatch::kSchemaVersionFieldNumber, kSchemaVersion);
    writer.add_string(EventBatch::kNodeFieldNumber, node.data(), node.size());
    writer.add_fixed64(EventBatch::kPublisherIdFieldNumber, publisher_id);
    writer.add_uint64(EventBatch::kFirstSequenceFieldNumber, first_sequence);
}

void append_event(std::string& out, std::string_view event)
{
    protozero::pbf_writer{out}.add_message(EventBatch::kEventsFieldNumber, event.data(), event.size());
}

base::OpenField open_event(std::string& out, std::size_t expected_bytes)
{
    return {out, EventBatch::kEventsFieldNumber, expected_bytes};
}

void mark_last(std::string& out) { protozero::pbf_writer{out}.add_bool(EventBatch::kLastFieldNumber, true); }

} // namespace peer_observer::events
