#include "services/archive-reader/export/database.h"

#include "libs/tables/model.h"

#include <fmt/format.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace peer_observer::archive_reader {
namespace {

void bind(sqlite3_stmt* statement, int index, const std::string& text)
{
    (void)sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

/// As SQLite chooses it.
std::string temporary_directory()
{
    for (const auto* name : {"SQLITE_TMPDIR", "TMPDIR"})
        if (const char* const value = std::getenv(name); value != nullptr) return value;
    return "/var/tmp";
}

} // namespace

Database::Database(std::filesystem::path file, const std::string& kind) : file_{std::move(file)}
{
    // Before SQLite is used first, else without effect. Nobody asks how much memory it has, and the lock for that
    // costs. What is sorted at once should fit into a processor's cache: 64 pages.
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)sqlite3_config(SQLITE_CONFIG_PMASZ, 64);
    sqlite3* database = nullptr;
    constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int code = sqlite3_open_v2(file_.c_str(), &database, kFlags, nullptr);
    database_.reset(database);
    if (code != SQLITE_OK) fail();
    const bool is_new = texts("SELECT name FROM sqlite_master").empty();
    // A journal, so that a run which is killed leaves what it had completed. Not a write-ahead log, which would write
    // every page twice: most pages are new, and of those a rollback journal has nothing.
    execute("PRAGMA page_size = 16384; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = TRUNCATE; "
            "PRAGMA synchronous = FULL; PRAGMA secure_delete = OFF; PRAGMA cache_size = -262144");
    const auto version = fmt::format("{} {}", kind, tables::kModelVersion);
    if (is_new) {
        begin();
        execute("CREATE TABLE export_model (version TEXT NOT NULL) STRICT; "
                "CREATE TABLE exported_files (name TEXT NOT NULL, size INTEGER NOT NULL, selection TEXT NOT NULL, "
                "PRIMARY KEY (name, size, selection)) STRICT, WITHOUT ROWID; "
                "INSERT INTO export_model VALUES ('" +
                version + "')");
        commit();
    } else if (texts("SELECT name FROM sqlite_master WHERE name = 'export_model'").empty() ||
               texts("SELECT version FROM export_model") != std::vector{version}) {
        throw std::runtime_error{
            fmt::format("{} is not an export of this kind and version ({})", file_.native(), version)};
    }
}

void Database::fail() const
{
    const auto what = fmt::format("cannot write {}: {}", file_.native(), sqlite3_errmsg(database_.get()));
    if (sqlite3_errcode(database_.get()) != SQLITE_FULL) throw std::runtime_error{what};
    throw std::runtime_error{fmt::format("{}; there must be room to sort in {}, too", what, temporary_directory())};
}

void Database::execute(const std::string& sql)
{
    if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

Database::Statement Database::prepare(const std::string& sql)
{
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_.get(), sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) fail();
    return Statement{statement};
}

void Database::run(sqlite3_stmt* statement)
{
    if (sqlite3_step(statement) != SQLITE_DONE) fail();
    (void)sqlite3_reset(statement);
}

std::vector<std::string> Database::texts(const std::string& sql)
{
    const auto statement = prepare(sql);
    std::vector<std::string> found;
    int code = SQLITE_OK;
    while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0));
        found.emplace_back(text == nullptr ? "" : text);
    }
    if (code != SQLITE_DONE) fail();
    return found;
}

Database::Known Database::find(const Input& input)
{
    const auto statement =
        prepare("SELECT size = ? AND selection = ? FROM exported_files WHERE name = ? ORDER BY 1 DESC");
    (void)sqlite3_bind_int64(statement.get(), 1, static_cast<sqlite3_int64>(input.size));
    bind(statement.get(), 2, input.selection);
    bind(statement.get(), 3, input.name);
    const int code = sqlite3_step(statement.get());
    if (code == SQLITE_DONE) return Known::never;
    if (code != SQLITE_ROW) fail();
    return sqlite3_column_int(statement.get(), 0) == 1 ? Known::same : Known::other;
}

void Database::add(const Input& input)
{
    const auto statement = prepare("INSERT INTO exported_files VALUES (?, ?, ?)");
    bind(statement.get(), 1, input.name);
    (void)sqlite3_bind_int64(statement.get(), 2, static_cast<sqlite3_int64>(input.size));
    bind(statement.get(), 3, input.selection);
    run(statement.get());
}

void Database::begin()
{
    if (!is_in_transaction_) execute("BEGIN");
    is_in_transaction_ = true;
}

void Database::commit()
{
    if (is_in_transaction_) execute("COMMIT");
    is_in_transaction_ = false;
}

} // namespace peer_observer::archive_reader
