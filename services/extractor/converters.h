// Kernel records -> the fields of the protobuf message of their kind. One function a record; tracepoints.h says which
// belongs to which.
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

void convert_message(const message_record& record, RecordWriter& out, ConvertContext& context);
void convert_processed_message(const processed_message_record& record, RecordWriter& out, ConvertContext& context);
void convert_opened_connection(const connection_record& record, RecordWriter& out, ConvertContext& context);
void convert_ended_connection(const connection_record& record, RecordWriter& out, ConvertContext& context);
void convert_misbehaving_connection(const misbehaving_connection_record& record, RecordWriter& out,
                                    ConvertContext& context);
void convert_block_connected(const block_connected_record& record, RecordWriter& out, ConvertContext& context);
void convert_utxocache_flush(const utxocache_flush_record& record, RecordWriter& out, ConvertContext& context);
void convert_utxocache_coin(const utxocache_coin_record& record, RecordWriter& out, ConvertContext& context);
void convert_selected_coins(const selected_coins_record& record, RecordWriter& out, ConvertContext& context);
void convert_normal_create_tx(const create_tx_record& record, RecordWriter& out, ConvertContext& context);
void convert_attempting_aps_create_tx(const create_tx_record& record, RecordWriter& out, ConvertContext& context);
void convert_aps_create_tx(const create_tx_record& record, RecordWriter& out, ConvertContext& context);
void convert_mempool_added(const mempool_added_record& record, RecordWriter& out, ConvertContext& context);
void convert_mempool_removed(const mempool_removed_record& record, RecordWriter& out, ConvertContext& context);
void convert_mempool_replaced(const mempool_replaced_record& record, RecordWriter& out, ConvertContext& context);
void convert_mempool_rejected(const mempool_rejected_record& record, RecordWriter& out, ConvertContext& context);
void convert_addrman_attempt_add(const addrman_record& record, RecordWriter& out, ConvertContext& context);
void convert_addrman_move_to_good(const addrman_record& record, RecordWriter& out, ConvertContext& context);
void convert_orphan(const orphan_record& record, RecordWriter& out, ConvertContext& context);

} // namespace peer_observer::extractor
