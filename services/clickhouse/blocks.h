// Rows that wait for the server, by table.
#pragma once

#include "libs/tables/rows.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::clickhouse {

/// Rows of one table as RowBinary.
struct Block {
    std::string bytes;
    std::vector<std::size_t> starts; ///< of each row

    std::size_t rows() const { return starts.size(); }
    /// From row `first` on and below row `end`.
    std::string_view part(std::size_t first, std::size_t end) const;
};

/// What a row of an event begins with.
struct RowKey {
    std::string_view node;
    std::uint64_t publisher_id = 0;
    std::uint64_t sequence = 0;
};
RowKey key_of(std::string_view row);

class Blocks final : public tables::RowSink {
public:
    void add(const tables::Table& table, std::span<const tables::Value> values) override;

    std::size_t bytes() const { return bytes_; }
    const std::map<const tables::Table*, Block>& by_table() const { return blocks_; }
    void clear();

private:
    std::map<const tables::Table*, Block> blocks_;
    std::size_t bytes_ = 0;
};

} // namespace peer_observer::clickhouse
