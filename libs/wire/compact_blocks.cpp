// BIP152.
#include <cstdint>
#include <cstring>

#include "libs/wire/block_header.h"
#include "libs/wire/decoders.h"
#include "libs/wire/transaction.h"
#include "proto/p2p.pb.h"

namespace peer_observer::wire {
namespace {

constexpr std::uint64_t kMaxIndex = 0xffff;
constexpr std::string_view kTooManyTransactions = "more than 65535 transactions in a compact block";

/// Positions in a block, each sent as its distance from the one after the former.
class Indexes {
public:
    std::uint32_t next(Reader& reader)
    {
        const auto index = after_last_ + reader.compact_size(kMaxIndex, kTooLarge);
        if (index > kMaxIndex) reader.fail(kTooLarge);
        after_last_ = index + 1;
        return static_cast<std::uint32_t>(index);
    }

private:
    static constexpr std::string_view kTooLarge = "the index of a transaction exceeds 65535";
    std::uint64_t after_last_ = 0;
};

void write_transaction_message(Reader& reader, const DecodeOptions& options, Writer& parent, std::uint32_t field)
{
    const auto parts = read_transaction(reader);
    if (!reader.ok()) return;
    Writer transaction{parent, field};
    write_transaction(parts, parts.txid(), options.tx_detail, transaction);
}

} // namespace

void decode_cmpctblock(Reader& reader, const DecodeOptions& options, Writer& message)
{
    using proto::CompactBlock, proto::PrefilledTransaction;
    constexpr std::size_t kShortIdSize = 6;
    copy_block_header(reader, message, CompactBlock::kHeaderFieldNumber);
    message.add_fixed64(CompactBlock::kNonceFieldNumber, reader.number<std::uint64_t>());

    const auto short_id_count = reader.count(kShortIdSize, kMaxIndex, kTooManyTransactions);
    {
        protozero::packed_field_fixed64 short_ids{message, CompactBlock::kShortIdsFieldNumber};
        for (std::size_t i = 0; i < short_id_count; ++i) {
            std::uint64_t short_id = 0;
            std::memcpy(&short_id, reader.fixed_bytes<kShortIdSize>().data(), kShortIdSize);
            short_ids.add_element(short_id);
        }
    }

    Indexes indexes;
    const auto prefilled_count =
        reader.count(1 + kMinimumTransactionSize, kMaxIndex - short_id_count, kTooManyTransactions);
    for (auto n = prefilled_count; n > 0 && reader.ok(); --n) {
        Writer prefilled{message, CompactBlock::kPrefilledFieldNumber};
        prefilled.add_uint32(PrefilledTransaction::kIndexFieldNumber, indexes.next(reader));
        write_transaction_message(reader, options, prefilled, PrefilledTransaction::kTransactionFieldNumber);
    }
}

void decode_getblocktxn(Reader& reader, const DecodeOptions&, Writer& message)
{
    using proto::GetBlockTransactions;
    message.add_bytes(GetBlockTransactions::kBlockHashFieldNumber, reader.hash());
    protozero::packed_field_uint32 field{message, GetBlockTransactions::kIndexesFieldNumber};
    Indexes indexes;
    for (auto n = reader.count(1); n > 0 && reader.ok(); --n) {
        field.add_element(indexes.next(reader));
    }
}

void decode_blocktxn(Reader& reader, const DecodeOptions& options, Writer& message)
{
    using proto::BlockTransactions;
    message.add_bytes(BlockTransactions::kBlockHashFieldNumber, reader.hash());
    for (auto n = reader.count(kMinimumTransactionSize); n > 0 && reader.ok(); --n) {
        write_transaction_message(reader, options, message, BlockTransactions::kTransactionsFieldNumber);
    }
}

} // namespace peer_observer::wire
