#include "libs/tables/schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <ranges>

namespace peer_observer::tables {
namespace {

/// What a table is asked by, in front of the time. All of it is a function of the key, or a row could be there twice.
struct Order {
    std::string_view table;
    std::string_view columns;
};
constexpr std::array kOrders = {
    Order{"message", "node, host"},
    Order{"message_inv_items", "hash, node"},
};

constexpr std::string_view kMonth = "toYYYYMM(toDateTime(intDiv(timestamp_ns, 1000000000), 'UTC'))";
// Events of a publisher that follow each other are on one shard, and so are an event and its parts.
constexpr std::string_view kShard = "cityHash64(node, publisher_id, intDiv(sequence, 65536))";

std::string_view sqlite_type(Type type)
{
    switch (type) {
    case Type::real:
        return "REAL";
    case Type::text:
        return "TEXT";
    case Type::peer_text:
        return "ANY"; // a blob where it is not text
    case Type::hash:
    case Type::bytes:
        return "BLOB";
    default:
        return "INTEGER";
    }
}

std::string_view plain_type(Type type)
{
    switch (type) {
    case Type::boolean:
        return "UInt8";
    case Type::int32:
        return "Int32";
    case Type::int64:
        return "Int64";
    case Type::uint32:
        return "UInt32";
    case Type::uint64:
    case Type::id64:
        return "UInt64";
    case Type::real:
        return "Float64";
    default:
        return "String";
    }
}

std::string_view word(Type type)
{
    constexpr std::array<std::string_view, 11> kWords = {"boolean", "int32", "int64", "uint32", "uint64", "id",
                                                         "real",    "text",  "text",  "hash",   "bytes"};
    return kWords.at(static_cast<std::size_t>(type));
}

std::string key_of(const Table& table)
{
    const auto key = table.columns | std::views::take(table.key_size);
    return fmt::format("{}", fmt::join(key | std::views::transform(&Column::name), ", "));
}

std::string order_of(const Table& table, bool is_event)
{
    if (!is_event) return key_of(table);
    const auto* known = std::ranges::find(kOrders, table.name, &Order::table);
    const std::string_view first = known == kOrders.end() ? "node" : known->columns;
    return fmt::format("{}, timestamp_ns{}", first, key_of(table).substr(std::string_view{"node"}.size()));
}

} // namespace

std::string sql_name(std::string_view name)
{
    std::string out{"`"};
    for (const char c : name) {
        if (c == '`' || c == '\\') out += '\\';
        out += c;
    }
    return out + '`';
}

std::string sqlite_column(const Column& column)
{
    return fmt::format("\"{}\" {}{}", column.name, sqlite_type(column.type), column.is_nullable ? "" : " NOT NULL");
}

std::string sqlite_table(const Table& table)
{
    return fmt::format("CREATE TABLE IF NOT EXISTS \"{}\" ({}, PRIMARY KEY ({})) STRICT, WITHOUT ROWID", table.name,
                       fmt::join(table.columns | std::views::transform(sqlite_column), ", "), key_of(table));
}

std::vector<std::string> sqlite_indexes(const Table& table)
{
    std::vector<std::string> statements;
    const auto add = [&](std::string_view columns, std::string_view first) {
        statements.push_back(
            fmt::format("CREATE INDEX IF NOT EXISTS \"{0}_{1}\" ON \"{0}\" ({2})", table.name, first, columns));
    };
    for (const std::string_view name : {"hash", "txid"})
        if (const auto index = table.find(name);
            index < table.columns.size() && table.columns[index].type == Type::hash)
            add(name, name);
    if (table.is_event()) {
        if (table.find("host") < table.columns.size()) add("host, timestamp_ns", "host");
        add("timestamp_ns", "time");
    }
    return statements;
}

std::string clickhouse_type(const Column& column)
{
    const auto type = plain_type(column.type);
    return column.is_nullable ? fmt::format("Nullable({})", type) : std::string{type};
}

std::vector<std::string> ClickHouseSchema::create_database() const
{
    const auto on = cluster.empty() ? "" : " ON CLUSTER " + sql_name(cluster);
    return {fmt::format("CREATE DATABASE IF NOT EXISTS {}{}", sql_name(database), on)};
}

std::string ClickHouseSchema::create_version() const
{
    const auto on = cluster.empty() ? "" : " ON CLUSTER " + sql_name(cluster);
    const auto engine = cluster.empty() ? "ReplacingMergeTree"
                                        : fmt::format("ReplicatedReplacingMergeTree('/clickhouse/tables/all/{}/model', "
                                                      "'{{shard}}-{{replica}}')",
                                                      database);
    return fmt::format("CREATE TABLE IF NOT EXISTS {}.model{} (version UInt32) ENGINE = {} ORDER BY version",
                       sql_name(database), on, engine);
}

std::vector<std::string> ClickHouseSchema::create(const Table& table) const
{
    const auto definition = [](const Column& column) { return sql_name(column.name) + " " + clickhouse_type(column); };
    const auto list = fmt::format("{}", fmt::join(table.columns | std::views::transform(definition), ", "));
    const auto order = order_of(table, table.find("table_name") == table.columns.size());
    const auto create = [&](const std::string& name, const std::string& on, const std::string& engine,
                            std::string_view kind = "MATERIALIZED") {
        return fmt::format("CREATE TABLE IF NOT EXISTS {}.{}{} ({}, timestamp DateTime('UTC') {} "
                           "toDateTime(intDiv(timestamp_ns, 1000000000), 'UTC')) ENGINE = {}",
                           sql_name(database), sql_name(name), on, list, kind, engine);
    };
    const auto sorted = [&](const std::string& engine) {
        return fmt::format("{} PARTITION BY {} ORDER BY ({})", engine, kMonth, order);
    };
    if (cluster.empty()) return {create(table.name, "", sorted("ReplacingMergeTree"))};
    const std::string on = " ON CLUSTER " + sql_name(cluster);
    const auto path = fmt::format("'/clickhouse/tables/{{shard}}/{}/{}', '{{replica}}'", database, table.name);
    return {create(table.name + "_local", on, sorted(fmt::format("ReplicatedReplacingMergeTree({})", path))),
            // A server of 2018 sends a materialized column to the shards, which refuse it.
            create(table.name, on,
                   fmt::format("Distributed({}, {}, {}, {})", sql_name(cluster), sql_name(database),
                               sql_name(table.name + "_local"), kShard),
                   "ALIAS")};
}

std::vector<std::string> ClickHouseSchema::add_column(const Table& table, const Column& column) const
{
    const auto index = table.find(column.name);
    const auto alter = [&](const std::string& name, const std::string& on) {
        return fmt::format("ALTER TABLE {}.{}{} ADD COLUMN {} {} AFTER {}", sql_name(database), sql_name(name), on,
                           sql_name(column.name), clickhouse_type(column), sql_name(table.columns.at(index - 1).name));
    };
    if (cluster.empty()) return {alter(table.name, "")};
    const std::string on = " ON CLUSTER " + sql_name(cluster);
    return {alter(table.name + "_local", on), alter(table.name, on)};
}

std::vector<std::string> ClickHouseSchema::drop_partition(const Table& table, const std::string& month) const
{
    const auto name = cluster.empty() ? table.name : table.name + "_local";
    const auto on = cluster.empty() ? "" : " ON CLUSTER " + sql_name(cluster);
    return {fmt::format("ALTER TABLE {}.{}{} DROP PARTITION {}", sql_name(database), sql_name(name), on, month)};
}

std::string markdown(const Model& model)
{
    std::string out = "| table | rows | columns behind those of all tables |\n| --- | --- | --- |\n";
    for (const auto& table : model.tables()) {
        std::vector<std::string> columns;
        for (std::size_t i = 3; i < table->columns.size(); ++i) {
            const auto& column = table->columns[i];
            const bool is_common =
                column.name == "timestamp_ns" || column.name == "pid" || column.name == "process_start_ms";
            const bool is_repeated = i >= table->key_size && i <= table->key_size + table->repeated_count;
            if (is_common || is_repeated) continue;
            columns.push_back(fmt::format("`{}` {}{}", column.name, word(column.type), column.is_nullable ? "?" : ""));
        }
        out += fmt::format("| `{}` | {} | {} |\n", table->name, table->source, fmt::join(columns, ", "));
    }
    return out;
}

} // namespace peer_observer::tables
