// The state of the nodes as it is now, from the bus, for the HTTP server.
#pragma once

#include "libs/app/bad_events.h"
#include "libs/bus/subscriber.h"
#include "libs/web/state/state.h"
#include "services/web/http/backend.h"
#include "services/web/recent_answers.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace peer_observer::web {

/// The main thread adds, the server's thread answers; a lock is between them. An answer holds it for milliseconds, and
/// requests are limited: the bus waits in the subscriber's queue meanwhile.
class Live : public Backend {
public:
    /// `systems` may be null. All must outlive this object.
    Live(asmap::AutonomousSystems* systems, Access access, const bus::Subscriber& subscriber,
         app::BadEvents& bad_events);

    void add(const bus::Batch& batch);
    /// Called several times a second.
    void tick();
    /// Runs `change` while nobody reads what it changes.
    void locked(const std::function<void()>& change);

    std::string answer(const Request& request, const ClientStatistics& clients) override;
    void check_feed(const Request& request) override;
    void open_feed(const Request& request, const std::shared_ptr<FeedSink>& sink) override;

private:
    void send_latest(const Selection& selection, std::uint64_t count, FeedSink& sink) const;

    asmap::AutonomousSystems* systems_;
    Access access_;
    const bus::Subscriber& subscriber_;
    app::BadEvents& bad_events_;
    std::uint64_t started_ns_;
    mutable std::mutex mutex_;
    Feed feed_;
    Feed::Clock::time_point now_ = Feed::Clock::now(); ///< of the batch that is being added
    Feed::Clock::time_point next_second_ = now_;
    State state_;
    RecentAnswers recent_; ///< used by the server's thread only
};

} // namespace peer_observer::web
