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
constexpr std::size_t kRowsPerStatement = 32;
constexpr std::size_t kBytesPerStatement = std::size_t{1} << 20U;

bool is_text(Type type, std::string_view bytes)
{
    if (type == Type::text) return true;
    return type == Type::peer_text && base::is_utf8(bytes) && !bytes.contains('\0');
}

int bind_value(sqlite3_stmt* statement, int index, Type type, const Value& value)
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

/// Inserts rows of a table, many by one statement: within one, SQLite does not look for each row's place from the root
/// of the tree on. That saves a third of the time.
class Insert {
public:
    Insert(Database& database, const Table& table) : database_{&database}, table_{&table} {}

    void add(std::span<const Value> values)
    {
        for (const auto& value : values) {
            const auto* text = std::get_if<std::string_view>(&value);
            offsets_.push_back(bytes_.size());
            if (text != nullptr) bytes_ += *text;
            values_.push_back(value);
        }
        if (rows() == kRowsPerStatement || bytes_.size() >= kBytesPerStatement) write();
    }

    void write()
    {
        const std::size_t rows_at_once = rows() == kRowsPerStatement ? kRowsPerStatement : 1;
        for (std::size_t first = 0; first < values_.size(); first += rows_at_once * table_->columns.size())
            insert(rows_at_once == 1 ? one_ : many_, first, rows_at_once);
        values_.clear();
        offsets_.clear();
        bytes_.clear();
    }

    /// A statement would keep the journal.
    void close()
    {
        one_.reset();
        many_.reset();
    }

private:
    std::size_t rows() const { return values_.size() / table_->columns.size(); }

    void insert(Database::Statement& statement, std::size_t first, std::size_t rows)
    {
        if (!statement) statement = database_->prepare(sql(rows));
        const std::size_t columns = table_->columns.size();
        for (std::size_t i = 0; i < rows * columns; ++i) {
            Value value = values_[first + i];
            if (auto* text = std::get_if<std::string_view>(&value))
                *text = {bytes_.data() + offsets_[first + i], text->size()};
            if (bind_value(statement.get(), static_cast<int>(i) + 1, table_->columns[i % columns].type, value) !=
                SQLITE_OK)
                database_->fail();
        }
        database_->run(statement.get());
    }

    std::string sql(std::size_t rows) const
    {
        std::vector<std::string> names;
        names.reserve(table_->columns.size());
        for (const auto& column : table_->columns)
            names.push_back('"' + column.name + '"');
        const auto row = fmt::format("({})", fmt::join(std::vector<std::string>(names.size(), "?"), ", "));
        return fmt::format("INSERT INTO \"{}\" ({}) VALUES {} ON CONFLICT DO NOTHING", table_->name,
                           fmt::join(names, ", "), fmt::join(std::vector<std::string>(rows, row), ", "));
    }

    Database* database_;
    const Table* table_;
    Database::Statement one_;
    Database::Statement many_;
    std::vector<Value> values_; ///< texts: only their sizes
    std::vector<std::size_t> offsets_;
    std::string bytes_; ///< of the texts
};

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
        inserts_.at(&table).add(values);
    }

    bool has(const Input& input) override { return database_.find(input) == Database::Known::same; }

    void complete(const Input& input) override
    {
        database_.begin();
        write_rows();
        database_.add(input);
        database_.commit();
    }

    void finish() override
    {
        write_rows();
        database_.commit();
        // Sorting takes as much memory as this, and less costs half the time: a processor's cache holds it.
        database_.execute("PRAGMA cache_size = -1024");
        for (const auto& table : model_.tables())
            for (const auto& statement : tables::sqlite_indexes(*table))
                database_.execute(statement);
        for (auto& [table, insert] : inserts_)
            insert.close();
        // Readers need no file and no right to write beside it.
        database_.execute("PRAGMA analysis_limit = 1000; ANALYZE; PRAGMA journal_mode = DELETE");
    }

private:
    void write_rows()
    {
        for (auto& [table, insert] : inserts_)
            insert.write();
    }

    void create(const Table& table)
    {
        database_.execute(tables::sqlite_table(table));
        const auto names = database_.texts(fmt::format("SELECT name FROM pragma_table_info('{}')", table.name));
        const std::set<std::string> known{names.begin(), names.end()};
        for (const auto& column : table.columns) {
            if (known.contains(column.name)) continue;
            database_.execute(
                fmt::format("ALTER TABLE \"{}\" ADD COLUMN {}", table.name,
                            tables::sqlite_column(column) +
                                (column.is_nullable ? "" : fmt::format(" DEFAULT {}", default_of(column.type)))));
        }
        inserts_.emplace(&table, Insert{database_, table});
    }

    const tables::Model& model_;
    Database database_;
    std::unordered_map<const Table*, Insert> inserts_;
    std::uint64_t rows_ = 0;
};

} // namespace

std::unique_ptr<ExportTarget> open_sqlite(const std::filesystem::path& file, const tables::Model& model)
{
    return std::make_unique<SqliteTarget>(file, model);
}

} // namespace peer_observer::archive_reader
