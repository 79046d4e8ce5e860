#include "libs/base/limits.h"
#include "proto/message.pb.h"
#include "services/extractor/converters.h"

#include <algorithm>
#include <optional>
#include <span>

namespace peer_observer::extractor {
namespace {

using proto::PeerMessage;
using proto::ProcessedMessage;
using proto::Truncated;

static_assert(MAX_MESSAGE_PAYLOAD_BYTES == base::kMaxPayloadBytes);

constexpr int kPeerArgument = 1;
constexpr int kPayloadArgument = 6;
static_assert(+PeerMessage::kAddressFieldNumber == +ProcessedMessage::kAddressFieldNumber);
static_assert(+PeerMessage::kConnectionTypeFieldNumber == +ProcessedMessage::kConnectionTypeFieldNumber);
constexpr std::string_view kUnreadable = "the node's memory could not be read";
/// Of payloads that are not worth decoding.
constexpr std::size_t kMaxRawBytesOfUndecoded = 64 << 10;

std::span<const std::uint8_t> payload_of(const message_record& record)
{
    return {reinterpret_cast<const std::uint8_t*>(&record + 1), record.size};
}

void write_truncated(const wire::Truncation& truncated, RecordWriter& out, ConvertContext& context)
{
    wire::Writer message{out.writer(), PeerMessage::kTruncatedFieldNumber};
    message.add_enum(Truncated::kReasonFieldNumber, truncated.reason);
    message.add_enum(Truncated::kKeptFieldNumber, truncated.kept);
    ++context.truncated.at(static_cast<std::size_t>(truncated.reason));
}

void write_decode_error(std::string_view reason, RecordWriter& out, ConvertContext& context)
{
    out.writer().add_string(PeerMessage::kDecodeErrorFieldNumber, reason.data(), reason.size());
    ++context.undecodable[reason];
}

struct Written {
    std::optional<wire::Truncation> truncated;
    bool is_complete = false; ///< nothing of the payload is missing
    std::size_t bytes = 0;
};

Written write_decoded(const message_record& record, std::string_view type, RecordWriter& out, ConvertContext& context)
{
    auto options = context.options.decode;
    const auto refusal = context.policy.refusal(record, type);
    if (refusal == Truncated::BEFORE_HANDSHAKE || (refusal && !wire::has_counts(type)))
        return {.truncated = wire::Truncation{*refusal, Truncated::NOTHING}};
    if (refusal) options.tx_detail = wire::TxDetail::counts;

    std::string& event = out.writer().buffer();
    const base::OpenField field{event, PeerMessage::kPayloadFieldNumber, record.size};
    const auto result = wire::decode(type, payload_of(record), options, event);
    const std::size_t bytes = field.content_bytes(event);
    if (bytes == 0) // an error, or nothing fits
        field.undo(event);
    else
        field.close(event);
    if (!result) {
        write_decode_error(result.error().reason, out, context);
        out.writer().add_uint64(PeerMessage::kDecodeErrorOffsetFieldNumber, result.error().offset);
        return {};
    }
    context.policy.decoded(record, type);
    if (result->trailing_bytes > 0)
        out.writer().add_uint64(PeerMessage::kTrailingBytesFieldNumber, result->trailing_bytes);
    if (refusal) return {.truncated = wire::Truncation{*refusal, Truncated::COUNTS}, .bytes = bytes};
    return {.truncated = result->truncated,
            .is_complete = result->trailing_bytes == 0 && !result->truncated,
            .bytes = bytes};
}

/// How many bytes of the payload are kept as they are. Not all that the operator wants may fit.
std::size_t raw_bytes(const message_record& record, Written& decoded, const ConvertOptions& options)
{
    if (options.raw_payloads == RawPayloads::none ||
        (options.raw_payloads == RawPayloads::undecoded && decoded.is_complete))
        return 0;
    auto& truncated = decoded.truncated;
    const std::size_t wanted = std::min<std::size_t>(record.size, options.max_raw_bytes);
    if (!truncated || truncated->reason == Truncated::EVENT_TOO_LARGE) {
        const auto limit = options.decode.max_bytes;
        const std::size_t room = limit - std::min(limit, decoded.bytes);
        if (wanted > room && !truncated) truncated = {Truncated::EVENT_TOO_LARGE, Truncated::DECODED};
        return std::min(wanted, room);
    }
    return truncated->reason == Truncated::OVERLOADED ? 0 : std::min(wanted, kMaxRawBytesOfUndecoded);
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
    // The kernel side copies nothing of a larger one.
    if (record.size > base::kMaxPayloadBytes)
        return write_truncated({Truncated::MESSAGE_TOO_LARGE, Truncated::NOTHING}, out, context);
    if (!out.readable(kPayloadArgument)) return write_decode_error(kUnreadable, out, context);

    auto decoded = write_decoded(record, RecordWriter::as_view(record.message_type), out, context);
    if (const auto size = raw_bytes(record, decoded, context.options); size > 0) {
        out.writer().add_bytes(PeerMessage::kRawFieldNumber, reinterpret_cast<const char*>(payload_of(record).data()),
                               size);
    }
    if (decoded.truncated) write_truncated(*decoded.truncated, out, context);
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
