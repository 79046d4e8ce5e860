#include "services/addr-connectivity/cache.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <stdexcept>

namespace peer_observer::addr_connectivity {
namespace {

/// PRAGMA application_id: "POac". user_version counts the versions of the table.
constexpr int kApplicationId = 0x504f6163;
constexpr int kVersion = 1;
constexpr auto kCreate = R"(
    CREATE TABLE result (
        address TEXT PRIMARY KEY,    -- host:port
        result INTEGER NOT NULL,     -- AddressChecked.Result of proto/addr_connectivity.proto
        connected INTEGER NOT NULL,  -- whether TCP was connected
        checked_s INTEGER NOT NULL,  -- UNIX time
        recheck_s INTEGER NOT NULL   -- until then it is not checked again
    ) WITHOUT ROWID)";

void bind_text(sqlite3_stmt* statement, const std::string& text)
{
    sqlite3_reset(statement);
    sqlite3_bind_text(statement, 1, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

} // namespace

Cache::Cache(const std::string& path, std::size_t capacity) : path_{path}, capacity_{capacity}
{
    if (path_.empty()) return;
    open();
    load();
}

void Cache::fail() const
{
    throw std::runtime_error{fmt::format("cannot use {}: {}", path_, sqlite3_errmsg(database_.get()))};
}

void Cache::execute(const char* sql)
{
    if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

Cache::Statement Cache::prepare(const char* sql)
{
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_.get(), sql, -1, &statement, nullptr) != SQLITE_OK) fail();
    return Statement{statement};
}

void Cache::step(sqlite3_stmt* statement)
{
    if (sqlite3_step(statement) != SQLITE_DONE) fail();
    sqlite3_reset(statement);
}

void Cache::open()
{
    struct stat file{};
    if (stat(path_.c_str(), &file) == 0 && !S_ISREG(file.st_mode)) // SQLite would wait for a FIFO's other end
        throw std::runtime_error{fmt::format("cannot use {}: not a regular file", path_)};
    sqlite3* database = nullptr;
    const int code = sqlite3_open_v2(path_.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    database_.reset(database);
    if (code != SQLITE_OK) fail();
    // One process at a time. WAL: a crash costs the last second, never the file.
    execute("PRAGMA locking_mode = EXCLUSIVE");
    execute("PRAGMA journal_mode = WAL");
    execute("PRAGMA synchronous = NORMAL");
    execute("BEGIN IMMEDIATE");
    const auto number = [this](const char* sql) {
        const auto statement = prepare(sql);
        if (sqlite3_step(statement.get()) != SQLITE_ROW) fail();
        return sqlite3_column_int(statement.get(), 0);
    };
    if (number("SELECT count(*) FROM sqlite_schema") == 0) {
        execute(kCreate);
        execute(fmt::format("PRAGMA application_id = {}", kApplicationId).c_str());
        execute(fmt::format("PRAGMA user_version = {}", kVersion).c_str());
    } else if (number("PRAGMA application_id") != kApplicationId) {
        throw std::runtime_error{fmt::format("cannot use {}: it is a database of another program", path_)};
    } else if (number("PRAGMA user_version") != kVersion) {
        throw std::runtime_error{fmt::format("cannot use {}: it is of another version of this program", path_)};
    }
    execute("COMMIT");
    insert_ = prepare("INSERT OR REPLACE INTO result VALUES (?, ?, ?, ?, ?)");
    delete_ = prepare("DELETE FROM result WHERE address = ?");
}

void Cache::load()
{
    const auto rows = prepare("SELECT address, result, connected, checked_s, recheck_s FROM result");
    int code = SQLITE_OK;
    while ((code = sqlite3_step(rows.get())) == SQLITE_ROW) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(rows.get(), 0));
        const auto address = parse_address(text == nullptr ? "" : text);
        const int result = sqlite3_column_int(rows.get(), 1);
        if (!address || !proto::AddressChecked::Result_IsValid(result)) continue;
        put(*address, {.result = static_cast<Result>(result),
                       .connected = sqlite3_column_int(rows.get(), 2) != 0,
                       .checked_s = sqlite3_column_int64(rows.get(), 3),
                       .recheck_s = sqlite3_column_int64(rows.get(), 4)});
        changed_.erase(*address);
    }
    if (code != SQLITE_DONE) fail();
}

const Known* Cache::find(const Address& address, std::int64_t now_s) const
{
    const auto found = known_.find(address);
    // Results from the future are dropped, too: the clock was set back, and they would never expire.
    if (found == known_.end() || found->second.recheck_s <= now_s || found->second.checked_s > now_s) return nullptr;
    return &found->second;
}

void Cache::put(const Address& address, const Known& known)
{
    const auto [entry, is_new] = known_.try_emplace(address, known);
    if (!is_new) {
        by_age_.erase({entry->second.checked_s, address});
        entry->second = known;
    }
    by_age_.emplace(known.checked_s, address);
    if (database_) changed_.insert(address);
    while (known_.size() > capacity_)
        forget_oldest();
}

void Cache::forget_oldest()
{
    const auto oldest = by_age_.begin();
    // Where the file cannot be written, it may keep what should be forgotten: changed_ has a bound, too.
    if (database_ && changed_.size() < 2 * capacity_) changed_.insert(oldest->second);
    known_.erase(oldest->second);
    by_age_.erase(oldest);
}

std::string Cache::flush()
try {
    if (changed_.empty()) return "";
    execute("BEGIN");
    for (const auto& address : changed_) {
        const auto found = known_.find(address);
        auto* statement = found == known_.end() ? delete_.get() : insert_.get();
        bind_text(statement, to_string(address));
        if (found != known_.end()) {
            sqlite3_bind_int(statement, 2, found->second.result);
            sqlite3_bind_int(statement, 3, found->second.connected ? 1 : 0);
            sqlite3_bind_int64(statement, 4, found->second.checked_s);
            sqlite3_bind_int64(statement, 5, found->second.recheck_s);
        }
        step(statement);
    }
    execute("COMMIT");
    changed_.clear();
    return "";
} catch (const std::runtime_error& error) {
    std::string reason = error.what();
    if (sqlite3_get_autocommit(database_.get()) == 0)
        sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    return reason;
}

std::vector<std::pair<Address, std::int64_t>> Cache::checked_since(std::int64_t since_s) const
{
    std::vector<std::pair<Address, std::int64_t>> found;
    for (auto entry = by_age_.lower_bound({since_s, {}}); entry != by_age_.end(); ++entry)
        found.emplace_back(entry->second, entry->first);
    return found;
}

} // namespace peer_observer::addr_connectivity
