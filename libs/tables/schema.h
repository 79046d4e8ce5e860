// What creates the tables: SQL for SQLite and for ClickHouse, and the list of them for people.
#pragma once

#include "libs/tables/model.h"

#include <string>
#include <vector>

namespace peer_observer::tables {

std::string sqlite_column(const Column& column);
std::string sqlite_table(const Table& table);
/// Made when the rows are there: an index that grows with them costs several times as much.
std::vector<std::string> sqlite_indexes(const Table& table);

/// The type that a column has in ClickHouse, as system.columns says it.
std::string clickhouse_type(const Column& column);

/// Statements for ClickHouse, from 18.16 on. With a cluster, the rows of `table` are in replicated tables
/// `<table>_local`, and `table` distributes over them.
struct ClickHouseSchema {
    std::string database;
    std::string cluster{}; ///< empty: a server by itself

    std::vector<std::string> create_database() const;
    /// A table `model` with the version of the model that the tables are of, on every server.
    std::string create_version() const;
    std::vector<std::string> create(const Table& table) const;
    /// For a table that has the columns before this one and not this one.
    std::vector<std::string> add_column(const Table& table, const Column& column) const;
    /// Of the table that holds the rows: `202611` is a month.
    std::vector<std::string> drop_partition(const Table& table, const std::string& month) const;
};

/// `name` in backquotes, as a name in SQL.
std::string sql_name(std::string_view name);

/// A table of Markdown: name, what the rows are, columns. Ends with a newline.
std::string markdown(const Model& model);

} // namespace peer_observer::tables
