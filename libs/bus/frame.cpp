#include "libs/bus/frame.h"

#include "proto/event.pb.h"

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include <algorithm>
#include <limits>

namespace peer_observer::bus {
namespace {

using proto::EventBatch;

constexpr char kTopicEnd = '\0';

struct Envelope {
    std::uint32_t schema_version = 0;
    Frame frame;
};

constexpr std::uint32_t key(int field, protozero::pbf_wire_type type)
{
    return protozero::tag_and_type(static_cast<protozero::pbf_tag_type>(field), type);
}

/// Throws protozero::exception where the bytes are not protobuf.
Envelope read_envelope(std::string_view batch)
{
    using enum protozero::pbf_wire_type;
    Envelope envelope;
    envelope.frame.batch = batch;
    protozero::pbf_reader reader{batch.data(), batch.size()};
    while (reader.next()) {
        switch (reader.tag_and_type()) {
        case key(EventBatch::kSchemaVersionFieldNumber, varint):
            envelope.schema_version = reader.get_uint32();
            break;
        case key(EventBatch::kNodeFieldNumber, length_delimited): {
            const auto node = reader.get_view();
            envelope.frame.node = {node.data(), node.size()};
            break;
        }
        case key(EventBatch::kPublisherIdFieldNumber, fixed64):
            envelope.frame.publisher_id = reader.get_fixed64();
            break;
        case key(EventBatch::kFirstSequenceFieldNumber, varint):
            envelope.frame.first_sequence = reader.get_uint64();
            break;
        case key(EventBatch::kEventsFieldNumber, length_delimited):
            ++envelope.frame.event_count;
            reader.skip();
            break;
        case key(EventBatch::kLastFieldNumber, varint):
            envelope.frame.last = reader.get_bool();
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

std::string frame_start(std::string_view node) { return std::string{kTopicPrefix}.append(node) + kTopicEnd; }

void begin_frame(std::string& frame, std::string_view node, std::uint64_t publisher_id, std::uint64_t first_sequence)
{
    frame.assign(kTopicPrefix).append(node).push_back(kTopicEnd);
    protozero::pbf_writer writer{frame};
    writer.add_uint32(EventBatch::kSchemaVersionFieldNumber, kSchemaVersion);
    writer.add_string(EventBatch::kNodeFieldNumber, node.data(), node.size());
    writer.add_fixed64(EventBatch::kPublisherIdFieldNumber, publisher_id);
    writer.add_uint64(EventBatch::kFirstSequenceFieldNumber, first_sequence);
}

void append_event(std::string& frame, std::string_view event)
{
    protozero::pbf_writer{frame}.add_message(EventBatch::kEventsFieldNumber, event.data(), event.size());
}

void mark_last(std::string& frame) { protozero::pbf_writer{frame}.add_bool(EventBatch::kLastFieldNumber, true); }

std::expected<Frame, std::string> parse_batch(std::string_view batch)
{
    Envelope envelope;
    try {
        envelope = read_envelope(batch);
    } catch (const protozero::exception& error) {
        return std::unexpected{std::string{"the batch is not valid protobuf: "} + error.what()};
    }
    if (envelope.schema_version != kSchemaVersion) {
        return std::unexpected{"schema version " + std::to_string(envelope.schema_version) + ", only " +
                               std::to_string(kSchemaVersion) + " is understood"};
    }
    const Frame& result = envelope.frame;
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

std::expected<Frame, std::string> parse_frame(std::string_view frame)
{
    if (!frame.starts_with(kTopicPrefix)) return std::unexpected{"the topic is not ours"};
    const auto topic_end = frame.find(kTopicEnd);
    if (topic_end == std::string_view::npos) return std::unexpected{"the topic has no end"};
    const auto topic_node = frame.substr(kTopicPrefix.size(), topic_end - kTopicPrefix.size());
    if (!is_node_name(topic_node)) return std::unexpected{"the topic names no valid node"};

    auto result = parse_batch(frame.substr(topic_end + 1));
    if (result && result->node != topic_node) return std::unexpected{"the batch names another node than the topic"};
    return result;
}

} // namespace peer_observer::bus
