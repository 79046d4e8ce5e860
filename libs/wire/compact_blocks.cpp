// BIP152.
#include "libs/wire/blocks.h"
#include "libs/wire/decoders.h"
#include "libs/wire/transaction.h"
#include "proto/p2p.pb.h"

#include <cstdint>
#include <cstring>

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

void write_transaction_message(Reader& reader, TxDetail detail, Writer& parent, std::uint32_t field)
{
    const auto parts = read_transaction(reader);
    if (!reader.ok()) return;
    Writer transaction{parent, field};
    write_transaction(parts, parts.txid(), detail, transaction);
}

} // namespace

void decode_cmpctblock(Reader& reader, TxDetail detail, Writer& message)
{
    using proto::CompactBlock, proto::PrefilledTransaction;
    constexpr std::size_t kShortIdSize = 6;
    copy_block_header(reader, message, CompactBlock::kHeaderFieldNumber);
    message.add_fixed64(CompactBlock::kNonceFieldNumber, reader.number<std::uint64_t>());

    const auto short_id_count = reader.count(kShortIdSize, kMaxIndex, kTooManyTransactions);
    message.add_uint32(CompactBlock::kShortIdCountFieldNumber, static_cast<std::uint32_t>(short_id_count));
    Reader short_ids{reader.bytes(short_id_count * kShortIdSize)};
    const auto prefilled_count =
        reader.count(1 + kMinimumTransactionSize, kMaxIndex - short_id_count, kTooManyTransactions);
    message.add_uint32(CompactBlock::kPrefilledCountFieldNumber, static_cast<std::uint32_t>(prefilled_count));
    if (!reads_transactions(reader, prefilled_count, detail)) return;

    if (detail != TxDetail::counts) {
        protozero::packed_field_fixed64 field{message, CompactBlock::kShortIdsFieldNumber};
        while (short_ids.remaining() > 0 && !message.full()) {
            std::uint64_t short_id = 0;
            std::memcpy(&short_id, short_ids.fixed_bytes<kShortIdSize>().data(), kShortIdSize);
            field.add_element(short_id);
        }
    }
    Indexes indexes;
    for (auto n = prefilled_count; n > 0 && reader.ok() && !message.full(); --n) {
        Writer prefilled{message, CompactBlock::kPrefilledFieldNumber};
        prefilled.add_uint32(PrefilledTransaction::kIndexFieldNumber, indexes.next(reader));
        write_transaction_message(reader, detail, prefilled, PrefilledTransaction::kTransactionFieldNumber);
    }
}

void decode_getblocktxn(Reader& reader, TxDetail, Writer& message)
{
    using proto::GetBlockTransactions;
    message.add_bytes(GetBlockTransactions::kBlockHashFieldNumber, reader.hash());
    protozero::packed_field_uint32 field{message, GetBlockTransactions::kIndexesFieldNumber};
    Indexes indexes;
    for (auto n = reader.count(1); n > 0 && reader.ok() && !message.full(); --n) {
        field.add_element(indexes.next(reader));
    }
}

void decode_blocktxn(Reader& reader, TxDetail detail, Writer& message)
{
    using proto::BlockTransactions;
    message.add_bytes(BlockTransactions::kBlockHashFieldNumber, reader.hash());
    const auto count = reader.count(kMinimumTransactionSize);
    message.add_uint32(BlockTransactions::kTransactionCountFieldNumber, static_cast<std::uint32_t>(count));
    if (!reads_transactions(reader, count, detail)) return;
    for (auto n = count; n > 0 && reader.ok() && !message.full(); --n) {
        write_transaction_message(reader, detail, message, BlockTransactions::kTransactionsFieldNumber);
    }
}

} // namespace peer_observer::wire
