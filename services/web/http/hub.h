// What all sessions of a server share: limits, figures, and who answers. Used on the server's thread only, but for the
// figures.
#pragma once

#include "services/web/http/server.h"

#include <atomic>

namespace peer_observer::web {

struct Hub {
    Hub(Backend& the_backend, Guard the_guard, Pages the_pages, const ServerLimits& the_limits)
        : backend{the_backend}, guard{std::move(the_guard)}, pages{std::move(the_pages)}, limits{the_limits},
          requests_left{limits.requests_per_second, limits.requests_at_once}
    {}

    ClientStatistics statistics() const { return {connections, streams, requests, refused}; }

    Backend& backend;
    Guard guard;
    Pages pages;
    ServerLimits limits;
    TokenBucket requests_left;
    std::size_t answer_bytes = 0; ///< being sent
    std::atomic<std::uint64_t> connections = 0;
    std::atomic<std::uint64_t> streams = 0;
    std::atomic<std::uint64_t> requests = 0;
    std::atomic<std::uint64_t> refused = 0;
};

/// Counts while it lives.
class Counted {
public:
    explicit Counted(std::atomic<std::uint64_t>& count) : count_{count} { ++count_; }
    ~Counted() { --count_; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

private:
    std::atomic<std::uint64_t>& count_;
};

} // namespace peer_observer::web
