// Small messages: handshake, negotiation, keeping alive, complaints.
#include "libs/wire/addresses.h"
#include "libs/wire/decoders.h"
#include "proto/p2p.pb.h"

namespace peer_observer::wire {

void decode_empty(Reader&, TxDetail, Writer&) {}

void decode_version(Reader& reader, TxDetail, Writer& message)
{
    using proto::Version;
    message.add_int32(Version::kVersionFieldNumber, reader.number<std::int32_t>());
    message.add_uint64(Version::kServicesFieldNumber, reader.number<std::uint64_t>());
    message.add_int64(Version::kTimeSFieldNumber, reader.number<std::int64_t>());
    copy_legacy_address(reader, message, Version::kReceiverFieldNumber);

    if (reader.remaining() == 0) return;
    copy_legacy_address(reader, message, Version::kSenderFieldNumber);
    if (reader.remaining() == 0) return;
    message.add_fixed64(Version::kNonceFieldNumber, reader.number<std::uint64_t>());
    if (reader.remaining() == 0) return;
    message.add_bytes(Version::kUserAgentFieldNumber, reader.var_bytes(256, "a user agent of more than 256 bytes"));
    if (reader.remaining() == 0) return;
    message.add_int32(Version::kStartHeightFieldNumber, reader.number<std::int32_t>());
    if (reader.remaining() == 0) return;
    message.add_bool(Version::kRelayFieldNumber, reader.number<std::uint8_t>() != 0);
}

void decode_ping(Reader& reader, TxDetail, Writer& message)
{
    if (reader.remaining() == 0) return;
    message.add_fixed64(proto::Ping::kNonceFieldNumber, reader.number<std::uint64_t>());
}

/// Core takes a pong that is too short for a nonce for the answer to its ping, and reads nothing of it (ProcessPong).
void decode_pong(Reader& reader, TxDetail detail, Writer& message)
{
    if (reader.remaining() >= sizeof(std::uint64_t)) decode_ping(reader, detail, message);
}

void decode_feefilter(Reader& reader, TxDetail, Writer& message)
{
    message.add_int64(proto::FeeFilter::kFeeRateSatPerKvbFieldNumber, reader.number<std::int64_t>());
}

void decode_sendcmpct(Reader& reader, TxDetail, Writer& message)
{
    message.add_uint32(proto::SendCompact::kAnnounceFieldNumber, reader.number<std::uint8_t>());
    message.add_uint64(proto::SendCompact::kVersionFieldNumber, reader.number<std::uint64_t>());
}

void decode_sendtxrcncl(Reader& reader, TxDetail, Writer& message)
{
    message.add_uint32(proto::SendReconciliation::kVersionFieldNumber, reader.number<std::uint32_t>());
    message.add_fixed64(proto::SendReconciliation::kSaltFieldNumber, reader.number<std::uint64_t>());
}

void decode_feature(Reader& reader, TxDetail, Writer& message)
{
    const auto id = reader.var_bytes(80, "a feature id of more than 80 bytes");
    if (id.size() < 4) reader.fail("a feature id of less than 4 bytes");
    message.add_bytes(proto::Feature::kIdFieldNumber, id);
    message.add_bytes(proto::Feature::kDataFieldNumber, reader.var_bytes(512, "feature data of more than 512 bytes"));
    if (reader.remaining() > 0) reader.fail("bytes follow a feature"); // the only message in which Core minds them
}

void decode_reject(Reader& reader, TxDetail, Writer& message)
{
    message.add_bytes(proto::Reject::kMessageTypeFieldNumber, reader.var_bytes());
    message.add_uint32(proto::Reject::kCodeFieldNumber, reader.number<std::uint8_t>());
    message.add_bytes(proto::Reject::kReasonFieldNumber, reader.var_bytes());
    if (reader.remaining() >= 32) message.add_bytes(proto::Reject::kHashFieldNumber, reader.hash());
}

void decode_alert(Reader& reader, TxDetail, Writer& message)
{
    message.add_bytes(proto::Alert::kPayloadFieldNumber, reader.var_bytes());
    message.add_bytes(proto::Alert::kSignatureFieldNumber, reader.var_bytes());
}

} // namespace peer_observer::wire
