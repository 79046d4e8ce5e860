// Rows as bytes: CSV, JSON lines, and ClickHouse's RowBinary.
#pragma once

#include "libs/tables/rows.h"

#include <span>
#include <string>

namespace peer_observer::tables {

/// The names of the columns, as the first line of a file.
void append_csv_header(const Table& table, std::string& out);

/// RFC 4180, but for lines that end with a newline alone. NULL is nothing, an empty text is "". Hashes, bytes and ids
/// are hex. A byte that is not UTF-8 is U+FFFD.
void append_csv(const Table& table, std::span<const Value> values, std::string& out);

/// An object on a line, printable ASCII, without what is NULL. Text that is not UTF-8 is followed by `<name>_hex`, as
/// in print/json.h.
void append_json(const Table& table, std::span<const Value> values, std::string& out);

/// For `INSERT INTO table (the columns) FORMAT RowBinary`.
void append_row_binary(const Table& table, std::span<const Value> values, std::string& out);

} // namespace peer_observer::tables
