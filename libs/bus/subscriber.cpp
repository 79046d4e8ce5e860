#include "libs/bus/subscriber.h"

#include "libs/base/hex.h"
#include "libs/bus/continuity.h"
#include "libs/bus/endpoint.h"
#include "libs/bus/frame.h"
#include "libs/bus/inbox.h"
#include "libs/bus/notices.h"
#include "libs/bus/option_error.h"
#include "libs/bus/source.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <stdexcept>
#include <utility>

namespace peer_observer::bus {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLongestWait = std::chrono::hours{24}; // a time point has no room for "for ever"
constexpr auto kHousekeeping = std::chrono::seconds{1};

std::vector<Endpoint> parse_sources(const SubscriberOptions& options)
{
    if (options.sources.empty()) throw OptionError{"no source is given"};
    std::vector<Endpoint> endpoints;
    for (const auto& url : options.sources) {
        if (std::ranges::find(endpoints, url, &Endpoint::url) != endpoints.end()) {
            throw OptionError{"source " + url + " is given twice"};
        }
        endpoints.push_back(parse_endpoint(url, options.tls));
        if (endpoints.back().transport != Endpoint::Transport::kIpc && endpoints.back().port == 0) {
            throw OptionError{"bad URL \"" + url + "\": nobody listens on port 0"};
        }
    }
    check_tls_is_used(endpoints, options.tls);
    return endpoints;
}

std::vector<std::string> parse_topics(const SubscriberOptions& options)
{
    if (options.nodes.empty()) return {std::string{kTopicPrefix}};
    std::vector<std::string> topics;
    for (const auto& node : options.nodes) {
        if (!is_node_name(node)) {
            throw OptionError{"bad node name \"" + node + "\": it must be 1 to 64 characters of [A-Za-z0-9._-]"};
        }
        topics.push_back(frame_start(node));
    }
    return topics;
}

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b)
{
    return b > std::numeric_limits<std::uint64_t>::max() - a ? std::numeric_limits<std::uint64_t>::max() : a + b;
}

} // namespace

class Subscriber::Implementation {
public:
    explicit Implementation(const SubscriberOptions& options)
        : topics_{parse_topics(options)},
          inbox_{static_cast<std::size_t>(std::max(options.queue_batches, 0)), options.queue_bytes}
    {
        if (options.queue_batches < 1) throw OptionError{"the queue must have room for a batch"};
        for (const auto& endpoint : parse_sources(options)) {
            sources_.push_back(std::make_unique<Source>(
                endpoint, options.tls,
                Source::Callbacks{.arrived = [this](std::string frame) { arrived(std::move(frame)); },
                                  .came_or_went = [this] { inbox_.wake(); }}));
        }
    }

    std::optional<Batch> receive(std::chrono::milliseconds timeout)
    {
        const auto deadline = Clock::now() + std::min(timeout, kLongestWait);
        do {
            Inbox::Dropped dropped;
            current_ = inbox_.take(std::min(deadline, Clock::now() + kHousekeeping), dropped);
            for (const auto& [publisher_id, first_sequence] : dropped)
                continuity_.start(publisher_id, first_sequence);
            for (const auto& source : sources_) {
                if (const auto notice = source->take_notice(Clock::now())) tell(notice->is_warning, notice->text);
            }
            if (!current_) continue;
            if (auto batch = check_frame()) return batch;
        } while (Clock::now() < deadline);
        return std::nullopt;
    }

    void on_notice(NoticeCallback callback) { callback_ = std::move(callback); }

    SubscriberStatistics statistics() const
    {
        return {.events = events_,
                .batches = batches_,
                .bytes = bytes_,
                .missed_events = missed_events_,
                .bad_frames = bad_frames_,
                .connected_sources = connected_sources()};
    }

private:
    // On nng's threads.
    void arrived(std::string frame)
    {
        const auto wanted = [&](const std::string& topic) { return frame.starts_with(topic); };
        if (std::ranges::any_of(topics_, wanted)) inbox_.put(std::move(frame));
    }

    /// The batch in current_, or nothing if it is bad.
    std::optional<Batch> check_frame()
    {
        const auto frame = parse_frame(*current_);
        if (!frame) {
            refuse(frame.error());
            return std::nullopt;
        }
        const auto verdict = continuity_.next(frame->publisher_id, frame->first_sequence, frame->event_count);
        if (verdict.went_backwards) {
            refuse("sequence numbers of " + describe(*frame) +
                   " went backwards; is one publisher a source under two URLs?");
            return std::nullopt;
        }
        if (verdict.missed > 0) {
            missed_events_ = saturating_add(missed_events_, verdict.missed);
            limited(gaps_, "missed " + std::to_string(verdict.missed) + " events of " + describe(*frame));
        }
        events_ += frame->event_count;
        ++batches_;
        bytes_ += current_->size();
        return Batch{.node = frame->node,
                     .publisher_id = frame->publisher_id,
                     .first_sequence = frame->first_sequence,
                     .event_count = frame->event_count,
                     .missed = verdict.missed,
                     .bytes = frame->batch};
    }

    static std::string describe(const Frame& frame)
    {
        std::string id;
        for (unsigned shift = 64; shift > 0; shift -= 8)
            id += static_cast<char>(frame.publisher_id >> (shift - 8));
        return "node " + std::string{frame.node} + ", publisher " + base::to_hex(id);
    }

    void refuse(const std::string& why)
    {
        ++bad_frames_;
        limited(bad_, "bad frame: " + why);
    }

    void limited(NoticeLimit& limit, const std::string& notice)
    {
        if (const auto left_out = limit.pass(Clock::now())) tell(true, with_left_out(notice, *left_out));
    }

    void tell(bool is_warning, const std::string& text) const
    {
        if (callback_) callback_({is_warning, text});
    }

    std::uint64_t connected_sources() const
    {
        return static_cast<std::uint64_t>(
            std::ranges::count_if(sources_, [](const auto& source) { return source->connected(); }));
    }

    std::vector<std::string> topics_; ///< what wanted frames start with
    Inbox inbox_;
    Continuity continuity_;
    NoticeLimit gaps_;
    NoticeLimit bad_;
    NoticeCallback callback_;
    std::optional<std::string> current_; ///< what the last Batch points into
    std::atomic<std::uint64_t> events_ = 0;
    std::atomic<std::uint64_t> batches_ = 0;
    std::atomic<std::uint64_t> bytes_ = 0;
    std::atomic<std::uint64_t> missed_events_ = 0;
    std::atomic<std::uint64_t> bad_frames_ = 0;
    std::vector<std::unique_ptr<Source>> sources_; ///< ended first: they call the ones above
};

Subscriber::Subscriber(const SubscriberOptions& options) : implementation_{std::make_unique<Implementation>(options)} {}
Subscriber::~Subscriber() = default;
std::optional<Batch> Subscriber::receive(std::chrono::milliseconds timeout)
{
    return implementation_->receive(timeout);
}
void Subscriber::on_notice(NoticeCallback callback) { implementation_->on_notice(std::move(callback)); }
SubscriberStatistics Subscriber::statistics() const { return implementation_->statistics(); }

} // namespace peer_observer::bus
