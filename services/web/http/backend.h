// What the HTTP server serves. Called from the server's thread.
#pragma once

#include "libs/web/api/view.h"
#include "services/web/feed.h"

#include <memory>
#include <string>

namespace peer_observer::web {

class Backend {
public:
    virtual ~Backend() = default;

    /// JSON. Throws ApiError.
    virtual std::string answer(const Request& request, const ClientStatistics& clients) = 0;

    /// Throws ApiError where open_feed() could not do what is asked for.
    virtual void check_feed(const Request& request) = 0;
    /// Starts a feed, which ends when `sink` is gone.
    virtual void open_feed(const Request& request, const std::shared_ptr<FeedSink>& sink) = 0;
};

} // namespace peer_observer::web
