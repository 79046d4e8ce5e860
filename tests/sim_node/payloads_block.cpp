#include "tests/sim_node/payloads.h"

namespace peer_observer::sim_node::payloads {

Bytes headers(const std::vector<Bytes>& headers)
{
    Writer writer;
    writer.compact_size(headers.size());
    for (const Bytes& header : headers)
        writer.raw(header).u8(0);
    return writer.take();
}

Bytes merkle_block(const Block& block)
{
    // With every leaf matched, every node of the tree has its bit set and only the leaves have their hash in the
    // message.
    std::size_t nodes = 1;
    for (std::size_t width = block.transactions.size(); width > 1; width = (width + 1) / 2)
        nodes += width;
    Bytes flags(nodes / 8, 0xff);
    if (nodes % 8 != 0) flags.push_back(static_cast<std::uint8_t>((1U << nodes % 8) - 1));

    Writer writer;
    writer.raw(block.header).u32(static_cast<std::uint32_t>(block.transactions.size()));
    writer.compact_size(block.transactions.size());
    for (const Transaction& transaction : block.transactions)
        writer.raw(transaction.txid);
    return writer.var_bytes(flags).take();
}

Bytes compact_block(Random& random, const Block& block)
{
    constexpr std::size_t kShortIdSize = 6;
    Writer writer;
    writer.raw(block.header).u64(random.u64()).compact_size(block.transactions.size() - 1);
    for (std::size_t i = 1; i < block.transactions.size(); ++i)
        writer.raw(random.bytes(kShortIdSize));
    return writer.compact_size(1).compact_size(0).raw(block.transactions.front().bytes).take();
}

Bytes get_block_transactions(const Hash& hash, const std::vector<std::size_t>& indexes)
{
    Writer writer;
    writer.raw(hash).compact_size(indexes.size());
    std::size_t next = 0;
    for (const std::size_t index : indexes) {
        writer.compact_size(index - next);
        next = index + 1;
    }
    return writer.take();
}

Bytes block_transactions(const Block& block, const std::vector<std::size_t>& indexes)
{
    Writer writer;
    writer.raw(block.hash).compact_size(indexes.size());
    for (const std::size_t index : indexes)
        writer.raw(block.transactions[index].bytes);
    return writer.take();
}

Bytes filter_load(std::span<const std::uint8_t> filter, std::uint32_t functions, std::uint32_t tweak)
{
    constexpr std::uint8_t kUpdateAll = 1;
    return Writer{}.var_bytes(filter).u32(functions).u32(tweak).u8(kUpdateAll).take();
}

Bytes filter_add(std::span<const std::uint8_t> data) { return Writer{}.var_bytes(data).take(); }

Bytes get_compact_filters(std::uint32_t start_height, const Hash& stop)
{
    return Writer{}.u8(0).u32(start_height).raw(stop).take();
}

Bytes compact_filter(const Hash& block, std::span<const std::uint8_t> filter)
{
    return Writer{}.u8(0).raw(block).var_bytes(filter).take();
}

Bytes compact_filter_headers(const Hash& stop, const Hash& previous, const std::vector<Hash>& filter_hashes)
{
    Writer writer;
    writer.u8(0).raw(stop).raw(previous).compact_size(filter_hashes.size());
    for (const Hash& hash : filter_hashes)
        writer.raw(hash);
    return writer.take();
}

Bytes get_compact_filter_checkpoints(const Hash& stop) { return Writer{}.u8(0).raw(stop).take(); }

Bytes compact_filter_checkpoints(const Hash& stop, const std::vector<Hash>& headers)
{
    Writer writer;
    writer.u8(0).raw(stop).compact_size(headers.size());
    for (const Hash& hash : headers)
        writer.raw(hash);
    return writer.take();
}

} // namespace peer_observer::sim_node::payloads
