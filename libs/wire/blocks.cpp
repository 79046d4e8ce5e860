#include "libs/wire/blocks.h"

#include "libs/wire/decoders.h"
#include "libs/wire/sha256.h"
#include "libs/wire/transaction.h"
#include "proto/p2p.pb.h"

namespace peer_observer::wire {

void copy_block_header(Reader& reader, Writer& parent, std::uint32_t field)
{
    using proto::BlockHeader;
    const auto bytes = reader.fixed_bytes<kBlockHeaderSize>();
    Reader header{bytes};
    Writer message{parent, field};
    message.add_bytes(BlockHeader::kHashFieldNumber, view(double_sha256({bytes})));
    message.add_sfixed32(BlockHeader::kVersionFieldNumber, header.number<std::int32_t>());
    message.add_bytes(BlockHeader::kPreviousBlockHashFieldNumber, header.hash());
    message.add_bytes(BlockHeader::kMerkleRootFieldNumber, header.hash());
    message.add_fixed32(BlockHeader::kTimeSFieldNumber, header.number<std::uint32_t>());
    message.add_fixed32(BlockHeader::kBitsFieldNumber, header.number<std::uint32_t>());
    message.add_fixed32(BlockHeader::kNonceFieldNumber, header.number<std::uint32_t>());
}

void decode_headers(Reader& reader, TxDetail, Writer& message)
{
    using proto::Headers;
    std::uint32_t with_transactions = 0;
    for (auto n = reader.count(kBlockHeaderSize + 1, 2000, "more than 2000 headers");
         n > 0 && reader.ok() && !message.full(); --n) {
        copy_block_header(reader, message, Headers::kHeadersFieldNumber);
        if (reader.compact_size() != 0) ++with_transactions;
    }
    if (with_transactions > 0) message.add_uint32(Headers::kHeadersWithTransactionsFieldNumber, with_transactions);
}

void decode_block(Reader& reader, TxDetail detail, Writer& message)
{
    using proto::Block;
    const auto start = reader.offset();
    copy_block_header(reader, message, Block::kHeaderFieldNumber);
    const auto count = reader.count(kMinimumTransactionSize);
    message.add_uint32(Block::kTransactionCountFieldNumber, static_cast<std::uint32_t>(count));
    auto stripped_size = reader.offset() - start;
    if (!reads_transactions(reader, count, detail)) return;

    for (std::size_t i = 0; i < count && !message.full(); ++i) {
        const auto parts = read_transaction(reader);
        if (!reader.ok()) return;
        stripped_size += parts.stripped_size();
        const auto txid = parts.txid();
        message.add_bytes(Block::kTxidsFieldNumber, view(txid));
        if (i == 0) message.add_bytes(Block::kCoinbaseScriptFieldNumber, parts.first_input_script);
        if (detail == TxDetail::ids) continue;
        Writer transaction{message, Block::kTransactionsFieldNumber};
        write_transaction(parts, txid, detail, transaction);
    }
    const auto size = reader.offset() - start;
    message.add_uint32(Block::kSizeBytesFieldNumber, static_cast<std::uint32_t>(size));
    message.add_uint32(Block::kWeightWuFieldNumber, static_cast<std::uint32_t>(3 * stripped_size + size));
}

void decode_merkleblock(Reader& reader, TxDetail, Writer& message)
{
    using proto::MerkleBlock;
    copy_block_header(reader, message, MerkleBlock::kHeaderFieldNumber);
    message.add_uint32(MerkleBlock::kTransactionCountFieldNumber, reader.number<std::uint32_t>());
    for (auto n = reader.count(32); n > 0 && !message.full(); --n)
        message.add_bytes(MerkleBlock::kHashesFieldNumber, reader.hash());
    message.add_bytes(MerkleBlock::kFlagsFieldNumber, reader.var_bytes());
}

} // namespace peer_observer::wire
