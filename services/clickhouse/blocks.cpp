#include "services/clickhouse/blocks.h"

#include "libs/tables/row_text.h"

#include <protozero/varint.hpp>

#include <cstring>

namespace peer_observer::clickhouse {

std::string_view Block::part(std::size_t first, std::size_t end) const
{
    const auto from = starts.at(first);
    const auto to = end == starts.size() ? bytes.size() : starts.at(end);
    return std::string_view{bytes}.substr(from, to - from);
}

RowKey key_of(std::string_view row)
{
    const char* position = row.data();
    const auto size = static_cast<std::size_t>(protozero::decode_varint(&position, row.data() + row.size()));
    RowKey key;
    key.node = {position, size};
    std::memcpy(&key.publisher_id, position + size, sizeof key.publisher_id);
    std::memcpy(&key.sequence, position + size + sizeof key.publisher_id, sizeof key.sequence);
    return key;
}

void Blocks::add(const tables::Table& table, std::span<const tables::Value> values)
{
    auto& block = blocks_[&table];
    block.starts.push_back(block.bytes.size());
    tables::append_row_binary(table, values, block.bytes);
    bytes_ += block.bytes.size() - block.starts.back();
}

void Blocks::clear()
{
    for (auto& [table, block] : blocks_) {
        block.bytes.clear(); // keeps its memory
        block.starts.clear();
    }
    bytes_ = 0;
}

} // namespace peer_observer::clickhouse
