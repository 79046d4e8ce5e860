// Kernel records -> the fields of the protobuf message of their kind. One function a record; bpf/tracepoints.def says
// which belongs to which.
#pragma once

#include "bpf/events.h"
#include "libs/wire/decode.h"
#include "proto/message.pb.h"
#include "services/extractor/decode_policy.h"
#include "services/extractor/peers.h"
#include "services/extractor/record_writer.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace peer_observer::extractor {

/// Which payloads are kept as they are, beside or instead of their decoded form.
enum class RawPayloads : std::uint8_t {
    none,
    undecoded, ///< those that cannot be decoded, or not to their end
    all,
};

struct ConvertOptions {
    wire::DecodeOptions decode;
    RawPayloads raw_payloads = RawPayloads::undecoded;
    std::size_t max_raw_bytes = base::kMaxPayloadBytes;
};

/// Messages by the reason for which they were not decoded in full.
using TruncatedMessages = std::array<std::uint64_t, proto::Truncated::Reason_ARRAYSIZE>;

/// What converters need beside the record, and what they count. Reasons have static storage, so there are only so many.
struct ConvertContext {
    ConvertOptions options;
    Peers peers;
    std::uint64_t undescribed = 0; ///< messages of peers that are not among them
    DecodePolicy policy;
    std::map<std::string_view, std::uint64_t> undecodable;
    TruncatedMessages truncated{};
};

#define TRACEPOINT(id, provider, name, group, origin, arguments, record_type, convert, ...)                            \
    void convert(const record_type& record, RecordWriter& out, ConvertContext& context);
#include "bpf/tracepoints.def"

} // namespace peer_observer::extractor
