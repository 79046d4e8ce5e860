#include "proto/message.pb.h"
#include "services/extractor/converters.h"

#include <algorithm>

namespace peer_observer::extractor {
namespace {

using proto::PeerMessage;
using proto::ProcessedMessage;

constexpr int kPeerArgument = 1;
constexpr int kPayloadArgument = 6;
static_assert(+PeerMessage::kAddressFieldNumber == +ProcessedMessage::kAddressFieldNumber);
static_assert(+PeerMessage::kConnectionTypeFieldNumber == +ProcessedMessage::kConnectionTypeFieldNumber);
constexpr std::string_view kUnreadable = "the node's memory could not be read";

const std::uint8_t* payload_of(const message_record& record)
{
    return reinterpret_cast<const std::uint8_t*>(&record + 1);
}

void write_raw(const message_record& record, std::size_t limit, wire::Writer& writer)
{
    const std::size_t size = std::min<std::size_t>(record.size, limit);
    writer.add_bytes(PeerMessage::kRawFieldNumber, reinterpret_cast<const char*>(payload_of(record)), size);
}

void write_peer(const record_header& record, std::int64_t peer_id, RecordWriter& out, ConvertContext& context)
{
    if (!out.readable(kPeerArgument)) return;
    if (const auto* peer = context.peers.find(record, peer_id)) {
        out.utf8(2, PeerMessage::kAddressFieldNumber, peer->address);
        out.utf8(3, PeerMessage::kConnectionTypeFieldNumber, peer->connection_type);
    } else {
        ++context.undescribed;
    }
}

void write_payload(const message_record& record, RecordWriter& out, ConvertContext& context)
{
    const auto& options = context.options;
    if (record.size > MAX_MESSAGE_PAYLOAD_BYTES) {
        wire::Writer truncated{out.writer(), PeerMessage::kTruncatedFieldNumber};
        truncated.add_enum(proto::Truncated::kReasonFieldNumber, proto::Truncated::MESSAGE_TOO_LARGE);
        truncated.add_enum(proto::Truncated::kKeptFieldNumber, proto::Truncated::NOTHING);
        return;
    }
    if (!out.readable(kPayloadArgument)) {
        out.writer().add_string(PeerMessage::kDecodeErrorFieldNumber, kUnreadable.data(), kUnreadable.size());
        ++context.undecodable[kUnreadable];
        return;
    }

    context.decoded.clear();
    const auto trailing = wire::decode(RecordWriter::as_view(record.message_type), {payload_of(record), record.size},
                                       options.decode, context.decoded);
    bool keep_raw = options.raw_payloads == RawPayloads::all;
    if (trailing) {
        out.writer().add_message(PeerMessage::kPayloadFieldNumber, context.decoded);
        if (*trailing > 0) out.writer().add_uint64(PeerMessage::kTrailingBytesFieldNumber, *trailing);
        keep_raw |= *trailing > 0 && options.raw_payloads == RawPayloads::undecoded;
    } else {
        const auto& error = trailing.error();
        out.writer().add_string(PeerMessage::kDecodeErrorFieldNumber, error.reason.data(), error.reason.size());
        ++context.undecodable[error.reason];
        keep_raw |= options.raw_payloads == RawPayloads::undecoded;
    }
    if (keep_raw && record.size > 0) write_raw(record, options.max_raw_bytes, out.writer());
}

} // namespace

void convert_message(const message_record& record, RecordWriter& out, ConvertContext& context)
{
    out.int64(1, PeerMessage::kPeerIdFieldNumber, record.peer_id);
    write_peer(record.header, record.peer_id, out, context);
    out.text(4, PeerMessage::kMessageTypeFieldNumber, record.message_type);
    out.uint64(5, PeerMessage::kSizeFieldNumber, record.size);
    write_payload(record, out, context);
}

void convert_processed_message(const processed_message_record& record, RecordWriter& out, ConvertContext& context)
{
    out.int64(1, ProcessedMessage::kPeerIdFieldNumber, record.peer_id);
    write_peer(record.header, record.peer_id, out, context);
    out.text(4, ProcessedMessage::kMessageTypeFieldNumber, record.message_type);
    out.uint64(5, ProcessedMessage::kSizeFieldNumber, record.size);
    out.int64(6, ProcessedMessage::kDurationNsFieldNumber, record.duration_ns);
}

} // namespace peer_observer::extractor
