// An SQLite database that an export writes to.
#pragma once

#include "libs/base/c_handle.h"
#include "services/archive-reader/export/target.h"

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace peer_observer::archive_reader {

class Database {
public:
    using Statement = base::CHandle<sqlite3_stmt, sqlite3_finalize>;

    /// Opens or creates it for this process alone. `kind`: what the export makes of it; throws std::runtime_error where
    /// there is anything else, or what another version of the tables made.
    Database(std::filesystem::path file, const std::string& kind);

    void execute(const std::string& sql);
    Statement prepare(const std::string& sql);
    /// Runs it to its end, and makes it ready for the next time.
    void run(sqlite3_stmt* statement);
    /// The first column of all rows.
    std::vector<std::string> texts(const std::string& sql);
    [[noreturn]] void fail() const;

    /// Whether it was completed: never, with this size and selection, or only with others.
    enum class Known { never, same, other };
    Known find(const Input& input);
    void add(const Input& input);
    void begin();
    void commit();

private:
    std::filesystem::path file_;
    base::CHandle<sqlite3, sqlite3_close> database_;
    bool is_in_transaction_ = false;
};

} // namespace peer_observer::archive_reader
