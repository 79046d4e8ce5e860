// A ClickHouse server over HTTP: statements, and what its answers mean.
#pragma once

#include "libs/base/c_handle.h"
#include "services/clickhouse/counters.h"

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::clickhouse {

struct ServerOptions {
    std::string url; ///< http:// or https://
    std::string user{};
    std::string password_file{}; ///< read for each request: passwords change
    std::string ca_file{};       ///< of https://; empty = the system's
    std::chrono::milliseconds timeout{60'000};
};

struct Failure {
    Cause cause;
    std::string text;         ///< a line, fit for a log
    bool is_too_much = false; ///< fewer rows may pass: time or memory did not suffice
};

/// What a failure's number says (`Code: 60`); of an answer without one, nothing is known.
Cause cause_of_code(int code);
/// The number in an answer's text; 0 where there is none.
int error_code(std::string_view answer);

class Server {
public:
    /// Requests end early when `stopping` turns true. Throws std::invalid_argument for a URL of another sort.
    Server(ServerOptions options, const std::atomic<bool>& stopping);

    /// Runs a statement that returns nothing. `data` goes with it, where it is an INSERT.
    std::optional<Failure> run(const std::string& statement, std::string_view data = {});

    /// The lines of `statement`, each of tab-separated values, not escaped.
    std::optional<Failure> query(const std::string& statement, std::vector<std::vector<std::string>>& rows);

    /// A setting for all statements from now on.
    void set(const std::string& name, const std::string& value);

private:
    std::optional<Failure> post(const std::string& statement, std::string_view data, std::string& answer);

    ServerOptions options_;
    const std::atomic<bool>& stopping_;
    base::CHandle<CURL, curl_easy_cleanup> easy_;
    std::map<std::string, std::string> settings_;
};

} // namespace peer_observer::clickhouse
