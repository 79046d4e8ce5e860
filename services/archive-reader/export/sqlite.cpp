#include "libs/base/utf8.h"
#include "libs/tables/schema.h"
#include "services/archive-reader/export/database.h"
#include "services/archive-reader/export/target.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <unordered_map>

namespace peer_observer::archive_reader {
namespace {

using tables::Table;
using tables::Type;
using tables::Value;

constexpr std::uint64_t kRowsPerTransaction = 500'000;

bool is_text(Type type, std::string_view bytes)
{
    if (type == Type::text) return true;
    return type == Type::peer_text && base::is_utf8(bytes) && !bytes.contains('\0');
}

int bind(sqlite3_stmt* statement, int index, Type type, const Value& value)
{
    if (const auto* text = std::get_if<std::string_view>(&value)) {
        const char* data = text->empty() ? "" : text->data();
        if (is_text(type, *text))
            return sqlite3_bind_text64(statement, index, data, text->size(), SQLITE_STATIC, SQLITE_UTF8);
        return sqlite3_bind_blob64(statement, index, data, text->size(), SQLITE_STATIC);
    }
    // SQLite has no unsigned numbers: the same 64 bits.
    if (const auto* number = std::get_if<std::uint64_t>(&value))
        return sqlite3_bind_int64(statement, index, static_cast<sqlite3_int64>(*number));
    if (const auto* number = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(statement, index, *number);
    if (const auto* number = std::get_if<double>(&value)) return sqlite3_bind_double(statement, index, *number);
    return sqlite3_bind_null(statement, index);
}

/// What a column has in the rows that were there before it.
std::string_view default_of(Type type)
{
    switch (type) {
    case Type::text:
    case Type::peer_text:
        return "''";
    case Type::hash:
    case Type::bytes:
        return "x''";
    default:
        return "0";
    }
}

class SqliteTarget final : public ExportTarget {
public:
    SqliteTarget(const std::filesystem::path& file, const tables::Model& model)
        : model_{model}, database_{file, "tables"}
    {
        database_.begin();
        for (const auto& table : model_.tables())
            create(*table);
        database_.commit();
    }

    void add(const Table& table, std::span<const Value> values) override
    {
        if (rows_++ % kRowsPerTransaction == 0) database_.commit();
        database_.begin();
        auto* const statement = inserts_.at(&table).get();
        for (std::size_t i = 0; i < values.size(); ++i)
            if (bind(statement, static_cast<int>(i) + 1, table.columns[i].type, values[i]) != SQLITE_OK)
                database_.fail();
        database_.run(statement);
    }

    bool has(const Input& input) override { return database_.find(input) == Database::Known::same; }

    void complete(const Input& input) override
    {
        database_.begin();
        database_.add(input);
        database_.commit();
    }

    void finish() override
    {
        database_.commit();
        for (const auto& table : model_.tables())
            for (const auto& statement : tables::sqlite_indexes(*table))
                database_.execute(statement);
        inserts_.clear(); // a statement would keep the journal
        // Readers need no file and no right to write beside it.
        database_.execute("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
    }

private:
    void create(const Table& table)
    {
        database_.execute(tables::sqlite_table(table));
        const auto names = database_.texts(fmt::format("SELECT name FROM pragma_table_info('{}')", table.name));
        const std::set<std::string> known{names.begin(), names.end()};
        std::vector<std::string> columns;
        for (const auto& column : table.columns) {
            columns.push_back('"' + column.name + '"');
            if (known.contains(column.name)) continue;
            database_.execute(
                fmt::format("ALTER TABLE \"{}\" ADD COLUMN {}", table.name,
                            tables::sqlite_column(column) +
                                (column.is_nullable ? "" : fmt::format(" DEFAULT {}", default_of(column.type)))));
        }
        inserts_.emplace(
            &table, database_.prepare(fmt::format("INSERT INTO \"{}\" ({}) VALUES ({}) ON CONFLICT DO NOTHING",
                                                  table.name, fmt::join(columns, ", "),
                                                  fmt::join(std::vector<std::string>(columns.size(), "?"), ", "))));
    }

    const tables::Model& model_;
    Database database_;
    std::unordered_map<const Table*, Database::Statement> inserts_;
    std::uint64_t rows_ = 0;
};

} // namespace

std::unique_ptr<ExportTarget> open_sqlite(const std::filesystem::path& file, const tables::Model& model)
{
    return std::make_unique<SqliteTarget>(file, model);
}

} // namespace peer_observer::archive_reader
