// HTTP POST over libcurl: several at a time, over connections that stay open.
#pragma once

#include "libs/base/c_handle.h"
#include "services/rpc-extractor/credentials.h"

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace peer_observer::rpc_extractor {

struct Endpoint {
    std::string url;         ///< http://HOST:PORT/
    std::string unix_socket; ///< path; empty = TCP

    /// `HOST:PORT` or `unix:PATH`. Throws std::invalid_argument.
    static Endpoint parse(const std::string& address);
};

struct HttpRequest {
    std::string body;
    Credentials credentials;
    std::size_t max_answer_bytes = 0;
};

struct HttpAnswer {
    std::size_t slot = 0;
    std::chrono::microseconds duration{};
    /// Set where there is no complete answer.
    std::optional<Fault> fault;
    long status = 0;
    std::string body;
};

class Http {
public:
    /// Requests take at most `timeout`. Up to `slots` run side by side, each in a slot of its own, and none waits for
    /// another.
    Http(const Endpoint& endpoint, std::size_t slots, std::chrono::milliseconds timeout);
    Http(const Http&) = delete;
    Http& operator=(const Http&) = delete;
    ~Http();

    /// The slot must be free: never used, or its answer fetched.
    void start(std::size_t slot, HttpRequest request);

    /// Answers that are complete. Waits for one up to `longest`, or until `stop_fd` becomes readable.
    std::vector<HttpAnswer> wait(std::chrono::milliseconds longest, int stop_fd);

private:
    class Slot;

    struct Library {
        Library();
        Library(const Library&) = delete;
        Library& operator=(const Library&) = delete;
        ~Library();
    };

    void add(CURL* easy);
    std::vector<HttpAnswer> perform();

    Library library_;
    base::CHandle<curl_slist, curl_slist_free_all> headers_;
    base::CHandle<CURLM, curl_multi_cleanup> multi_;
    std::vector<std::unique_ptr<Slot>> slots_; // before multi_ goes
};

} // namespace peer_observer::rpc_extractor
