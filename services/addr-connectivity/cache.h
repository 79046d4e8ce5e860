// The results of earlier checks: in memory, and in a file over restarts. Only here is SQLite seen.
#pragma once

#include "libs/base/c_handle.h"
#include "services/addr-connectivity/address.h"
#include "services/addr-connectivity/handshake.h"

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace peer_observer::addr_connectivity {

struct Known {
    Result result{};
    bool connected = false;
    std::int64_t checked_s = 0; ///< UNIX time
    std::int64_t recheck_s = 0; ///< until then, it counts
};

class Cache {
public:
    /// At most `capacity` results; those checked longest ago are forgotten beyond it. An empty `path` keeps them in
    /// memory only. Throws std::runtime_error naming the file where it cannot be used.
    Cache(const std::string& path, std::size_t capacity);

    /// Null if there is none, or none that still counts at `now_s`.
    const Known* find(const Address& address, std::int64_t now_s) const;
    void put(const Address& address, const Known& known);

    /// Writes what is new to the file. The error, in words, where that fails; it is retried with the next call.
    /// Empty if it worked.
    std::string flush();

    /// The addresses checked from `since_s` on, the earliest first.
    std::vector<std::pair<Address, std::int64_t>> checked_since(std::int64_t since_s) const;
    std::size_t size() const { return known_.size(); }

private:
    using Database = base::CHandle<sqlite3, sqlite3_close>;
    using Statement = base::CHandle<sqlite3_stmt, sqlite3_finalize>;

    void open();
    void load();
    void execute(const char* sql);
    Statement prepare(const char* sql);
    void step(sqlite3_stmt* statement);
    void forget_oldest();
    [[noreturn]] void fail() const;

    std::string path_;
    std::size_t capacity_;
    std::map<Address, Known> known_;
    std::set<std::pair<std::int64_t, Address>> by_age_;
    std::set<Address> changed_; ///< since the last flush(): written if known, else deleted
    Database database_;
    Statement insert_;
    Statement delete_;
};

} // namespace peer_observer::addr_connectivity
