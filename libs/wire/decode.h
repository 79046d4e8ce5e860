// Payloads of P2P messages -> serialized peer_observer.proto.MessagePayload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace peer_observer::wire {

/// How much of each transaction is kept.
enum class TxDetail : std::uint8_t {
    ids,  ///< txid, wtxid, sizes
    full, ///< and version, inputs, outputs, locktime
    raw,  ///< and the transaction's bytes
};

struct DecodeOptions {
    TxDetail tx_detail = TxDetail::full;
};

struct DecodeError {
    std::string_view reason; ///< a sentence without a full stop; static storage
    std::size_t offset = 0;  ///< byte of the payload at which it was found
};

/// Decodes one payload and appends a serialized MessagePayload to `out`. Returns the number of bytes that follow the
/// complete payload. On an error, `out` is as it was. Never throws for any payload; the memory it uses is a small
/// multiple of the payload's size.
std::expected<std::size_t, DecodeError> decode(std::string_view message_type, std::span<const std::uint8_t> payload,
                                               const DecodeOptions& options, std::string& out);

} // namespace peer_observer::wire
