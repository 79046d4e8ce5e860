// Payloads of P2P messages -> serialized peer_observer.proto.MessagePayload.
#pragma once

#include "libs/base/limits.h"
#include "proto/message.pb.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace peer_observer::wire {

/// How much of each transaction is kept.
enum class TxDetail : std::uint8_t {
    counts, ///< nothing: transactions of a list are counted, but not looked at
    ids,    ///< txid, wtxid, sizes
    full,   ///< and version, inputs, outputs, locktime
    raw,    ///< and the transaction's bytes
};

struct DecodeOptions {
    TxDetail tx_detail = TxDetail::full;
    /// What does not fit is left out, and truncated() says so.
    std::size_t max_bytes = base::kMaxDecodedBytes;
};

struct DecodeError {
    std::string_view reason; ///< a sentence without a full stop; static storage
    std::size_t offset = 0;  ///< byte of the payload at which it was found
};

struct Truncation {
    proto::Truncated::Reason reason;
    proto::Truncated::Kept kept;
};

struct Decoded {
    /// Bytes that follow the complete payload; 0 where it was not read to its end.
    std::size_t trailing_bytes = 0;
    /// Why and how far it was decoded in less detail than the options say.
    std::optional<Truncation> truncated;
};

/// Decodes one payload and appends a serialized MessagePayload to `out`: in the detail that the options say, or the
/// most that fits. Lists of more transactions than any valid block of their size holds are counted only. On an error,
/// and where nothing fits, `out` is as it was. Never throws for any payload. Writes `max_bytes` and one field more at
/// most.
std::expected<Decoded, DecodeError> decode(std::string_view message_type, std::span<const std::uint8_t> payload,
                                           const DecodeOptions& options, std::string& out);

/// Whether TxDetail::counts makes this message type cheap to decode: those with a list of transactions.
bool has_counts(std::string_view message_type);

} // namespace peer_observer::wire
