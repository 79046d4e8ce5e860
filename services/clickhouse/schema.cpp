#include "services/clickhouse/schema.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <charconv>
#include <map>
#include <string>
#include <vector>

namespace peer_observer::clickhouse {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// A name in quotes. Names of databases are the operator's.
std::string literal(const std::string& text)
{
    std::string out{"'"};
    for (const char c : text) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out + '\'';
}

std::optional<Failure> run_all(Server& server, const std::vector<std::string>& statements)
{
    for (const auto& statement : statements)
        if (auto failure = server.run(statement)) return failure;
    return std::nullopt;
}

/// Tables of another version have columns of the same names that mean something else.
std::optional<Failure> check_version(Server& server, const tables::ClickHouseSchema& schema)
{
    const auto table = tables::sql_name(schema.database) + ".model";
    if (auto failure = server.run(schema.create_version())) return failure;
    Rows rows;
    if (auto failure = server.query("SELECT DISTINCT version FROM " + table, rows)) return failure;
    const auto ours = std::to_string(tables::kModelVersion);
    if (rows.empty()) return server.run(fmt::format("INSERT INTO {} (version) VALUES ({})", table, ours));
    for (const auto& row : rows)
        if (row.front() != ours)
            return Failure{Cause::schema,
                           fmt::format("the tables of {} are of version {} of the model, not {}: give another "
                                       "--database, or the program of that version",
                                       schema.database, row.front(), ours)};
    return std::nullopt;
}

} // namespace

std::optional<Failure> choose_settings(Server& server, const tables::ClickHouseSchema& schema)
{
    Rows known;
    if (auto failure =
            server.query("SELECT name FROM system.settings WHERE name IN ('async_insert', 'insert_distributed_sync', "
                         "'distributed_foreground_insert')",
                         known))
        return failure;
    for (const auto& row : known) {
        // Batches are made here: a server that gathers them says yes before it has them.
        if (row.front() == "async_insert")
            server.set("async_insert", "0");
        else if (!schema.cluster.empty())
            server.set(row.front(), "1"); // yes = the shard has it
    }
    return std::nullopt;
}

std::optional<Failure> prepare(Server& server, const tables::ClickHouseSchema& schema, const tables::Model& model)
{
    if (auto failure = run_all(server, schema.create_database())) return failure;
    if (auto failure = check_version(server, schema)) return failure;
    Rows rows;
    if (auto failure = server.query(
            "SELECT table, name, type FROM system.columns WHERE database = " + literal(schema.database), rows))
        return failure;
    std::map<std::string, std::map<std::string, std::string>> known; // type by table and column
    for (const auto& row : rows)
        if (row.size() == 3) known[row[0]][row[1]] = row[2];
    std::uint64_t created = 0;
    for (const auto& table : model.tables()) {
        const auto columns = known.find(table->name);
        if (columns == known.end()) {
            if (auto failure = run_all(server, schema.create(*table))) return failure;
            ++created;
            continue;
        }
        for (const auto& column : table->columns) {
            const auto type = tables::clickhouse_type(column);
            const auto there = columns->second.find(column.name);
            if (there == columns->second.end()) {
                if (auto failure = run_all(server, schema.add_column(*table, column))) return failure;
                spdlog::info("added column {} to {}", column.name, table->name);
            } else if (there->second != type && there->second != "LowCardinality(" + type + ")") {
                return Failure{Cause::schema, fmt::format("column {} of {}.{} is {}, not {}", column.name,
                                                          schema.database, table->name, there->second, type)};
            }
        }
    }
    if (created > 0) spdlog::info("created {} tables in {}", created, schema.database);
    return std::nullopt;
}

std::optional<Failure> drop_before(Server& server, const tables::ClickHouseSchema& schema, const tables::Model& model,
                                   std::chrono::sys_days before, std::uint64_t& dropped)
{
    const std::chrono::year_month_day day{before};
    const auto first_kept =
        static_cast<unsigned>(static_cast<int>(day.year()) * 100) + static_cast<unsigned>(day.month());
    Rows rows;
    if (auto failure = server.query("SELECT DISTINCT table, partition FROM system.parts WHERE active AND database = " +
                                        literal(schema.database),
                                    rows))
        return failure;
    for (const auto& row : rows) {
        unsigned month = 0;
        if (row.size() != 2) continue;
        const auto [end, error] = std::from_chars(row[1].data(), row[1].data() + row[1].size(), month);
        if (error != std::errc{} || end != row[1].data() + row[1].size() || month >= first_kept) continue;
        for (const auto& table : model.tables()) {
            if (row[0] != table->name && row[0] != table->name + "_local") continue;
            if (auto failure = run_all(server, schema.drop_partition(*table, row[1]))) return failure;
            ++dropped;
        }
    }
    return std::nullopt;
}

} // namespace peer_observer::clickhouse
