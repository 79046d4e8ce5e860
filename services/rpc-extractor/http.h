// HTTP POST over libcurl: several at a time, over connections that stay open.
#pragma once

#include "services/rpc-extractor/credentials.h"

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
    ~Http();

    /// The slot must be free: never used, or its answer fetched.
    void start(std::size_t slot, HttpRequest request);

    /// Answers that are complete. Waits for one up to `longest`, or until `stop_fd` becomes readable.
    std::vector<HttpAnswer> wait(std::chrono::milliseconds longest, int stop_fd);

private:
    class Slot;
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

} // namespace peer_observer::rpc_extractor
