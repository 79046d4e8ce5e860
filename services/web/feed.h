// The live feed: selects events for those who watch, at the rate that they want, and says how many it left out.
#pragma once

#include "libs/print/origin.h"
#include "libs/web/api/selection.h"
#include "libs/web/state/kept_event.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace peer_observer::web {

/// Who watches. Called from the thread that has the events, with the state's lock held: it must only pass things on.
class FeedSink {
public:
    virtual ~FeedSink() = default;
    /// Text in the form of server-sent events, which has so many events in it.
    virtual void send(const std::shared_ptr<const std::string>& text, std::uint64_t events) = 0;
    /// What happened in the last second.
    virtual void sample(std::uint64_t time_ns, std::uint64_t matched, std::uint64_t shown) = 0;
};

/// `event: NAME` and one line of data.
void append_sse(std::string& out, std::string_view name, std::string_view data);

/// Who selects the same at the same rate shares one channel: each event is looked at and printed once for all of them.
class Feed {
public:
    using Clock = std::chrono::steady_clock;

    static constexpr std::uint64_t kDefaultRate = 50;
    static constexpr std::uint64_t kMostRate = 500;
    /// Of the text of a channel that waits for flush(). Large events count as left out beyond it.
    static constexpr std::size_t kMostBytes = std::size_t{1} << 20U;

    /// `systems` may be null.
    explicit Feed(const asmap::AutonomousSystems* systems) : systems_{systems} {}

    /// Until the sink is gone.
    void join(const std::weak_ptr<FeedSink>& sink, Selection selection, std::uint64_t rate);
    void observe(const proto::Event& event, const KeptEvent& kept, Clock::time_point now);
    void missed(const print::Missed& missed);
    /// Passes on what has come since the last call.
    void flush();
    /// Called about each second.
    void tick(std::uint64_t time_ns);

    std::size_t channels() const { return channels_.size(); }

private:
    struct Channel {
        Selection selection;
        std::uint64_t rate;
        double tokens;
        Clock::time_point filled;
        std::uint64_t matched = 0;
        std::uint64_t shown = 0;
        std::string text;
        std::uint64_t text_events = 0;
        std::vector<std::weak_ptr<FeedSink>> sinks;
    };

    const asmap::AutonomousSystems* systems_;
    std::vector<Channel> channels_;
    std::string line_; ///< of the event that is looked at; its memory is used again
};

/// The parameters of a feed. Throws ApiError.
struct FeedRequest {
    FeedRequest(const Request& request, const asmap::AutonomousSystems* systems);
    Selection selection;
    std::uint64_t rate;
    std::uint64_t last;
};

} // namespace peer_observer::web
