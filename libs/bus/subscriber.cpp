#include "libs/bus/subscriber.h"

#include "libs/base/hex.h"
#include "libs/bus/endpoint.h"
#include "libs/bus/frame.h"
#include "libs/bus/node_owners.h"
#include "libs/bus/option_error.h"
#include "libs/bus/source.h"

#include <time.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace peer_observer::bus {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLongestWait = std::chrono::hours{24}; // a time point cannot hold "no limit"
constexpr auto kHousekeeping = std::chrono::seconds{1};

std::vector<Endpoint> parse_sources(const SubscriberOptions& options, NodeOwners& owners)
{
    if (options.sources.empty()) throw OptionError{"no source is given"};
    std::vector<Endpoint> endpoints;
    for (const auto& text : options.sources) {
        auto [url, nodes] = parse_bound_source(text);
        if (std::ranges::find(endpoints, url, &Endpoint::url) != endpoints.end()) {
            throw OptionError{"source " + url + " is given twice"};
        }
        endpoints.push_back(parse_endpoint(url, options.tls));
        if (endpoints.back().transport != Endpoint::Transport::ipc && endpoints.back().port == 0) {
            throw OptionError{"bad URL \"" + url + "\": nobody listens on port 0"};
        }
        owners.add_source(endpoints.back(), std::move(nodes));
    }
    check_tls_is_used(endpoints, options.tls);
    return endpoints;
}

std::vector<std::string> parse_topics(const SubscriberOptions& options)
{
    if (options.nodes.empty()) return {std::string{kTopicPrefix}};
    std::vector<std::string> topics;
    for (const auto& node : options.nodes) {
        if (!events::is_node_name(node)) {
            throw OptionError{"bad node name \"" + node + "\": it must be 1 to 64 characters of [A-Za-z0-9._-]"};
        }
        topics.push_back(frame_start(node));
    }
    return topics;
}

/// Continues while the host sleeps, as publishers on other hosts do.
std::chrono::seconds boot_time()
{
    timespec now{};
    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return std::chrono::seconds{now.tv_sec};
}

std::string describe(const events::Batch& frame, std::uint64_t publisher_id)
{
    std::string id;
    for (unsigned shift = 64; shift > 0; shift -= 8)
        id += static_cast<char>(publisher_id >> (shift - 8));
    return "node " + std::string{frame.node} + ", publisher " + base::to_hex(id);
}

} // namespace

Subscriber::Subscriber(const SubscriberOptions& options)
    : started_{boot_time()}, topics_{parse_topics(options)},
      inbox_{static_cast<std::size_t>(std::max(options.queue_batches, 0)), options.queue_bytes},
      owners_{std::make_unique<NodeOwners>()}, tls_watch_{options.tls}
{
    if (options.queue_batches < 1) throw OptionError{"the queue must have room for a batch"};
    const auto endpoints = parse_sources(options, *owners_);
    continuity_.resize(endpoints.size());
    for (const auto& endpoint : endpoints) {
        urls_.push_back(endpoint.url);
        const auto arrived = [this, source = sources_.size()](std::string frame, std::uint64_t connection) {
            this->arrived({.source = source, .connection = connection, .frame = std::move(frame)});
        };
        sources_.push_back(std::make_unique<Source>(
            endpoint, options.tls, Source::Callbacks{.arrived = arrived, .came_or_went = [this] { inbox_.wake(); }}));
    }
}

Subscriber::~Subscriber() = default;

std::optional<Batch> Subscriber::receive(std::chrono::milliseconds timeout)
{
    const auto deadline = Clock::now() + std::min(timeout, kLongestWait);
    do {
        Inbox::Dropped dropped;
        current_ = inbox_.take(std::min(deadline, Clock::now() + kHousekeeping), dropped);
        for (const auto& [key, arrival] : dropped) {
            const auto frame = parse_frame(arrival.frame);
            if (frame && !owners_->refusal(arrival.source, frame->node))
                continuity_[arrival.source].start(*frame, arrival.connection);
        }
        if (const auto renewed = tls_watch_.look(Clock::now(), [this](const TlsFiles& files) { use(files); }))
            tell(renewed->is_warning, renewed->text);
        for (const auto& source : sources_) {
            if (const auto notice = source->take_notice(Clock::now())) tell(notice->is_warning, notice->text);
        }
        if (!current_) continue;
        if (auto batch = check_frame()) return batch;
    } while (Clock::now() < deadline);
    return std::nullopt;
}

SubscriberStatistics Subscriber::statistics() const
{
    return {.events = events_,
            .batches = batches_,
            .bytes = bytes_,
            .missed_events = missed_events_,
            .bad_frames = bad_frames_ + oversized_frames(),
            .connected_sources = connected_sources(),
            .unknown_losses = unknown_losses_,
            .refused_frames = refused_frames_,
            .configured_sources = sources_.size()};
}

void Subscriber::use(const TlsFiles& files)
{
    for (const auto& source : sources_)
        source->use(files);
}

void Subscriber::arrived(Arrival arrival)
{
    const auto wanted = [&](const std::string& topic) { return arrival.frame.starts_with(topic); };
    if (std::ranges::any_of(topics_, wanted)) inbox_.put(std::move(arrival));
}

/// The batch in current_, or nothing if it is bad.
std::optional<Batch> Subscriber::check_frame()
{
    const std::string& url = urls_[current_->source];
    const auto frame = parse_frame(current_->frame);
    if (!frame) {
        refuse(url, frame.error());
        return std::nullopt;
    }
    if (const auto why = owners_->refusal(current_->source, frame->node)) {
        ++refused_frames_;
        limited(refused_, "refused a frame of node " + std::string{frame->node} + " from source " + url + ": " + *why);
        return std::nullopt;
    }
    if (!continuity_[current_->source].knows(frame->publisher_id)) look_for_twins(*frame);
    const auto verdict = continuity_[current_->source].next(*frame, current_->connection, age());
    if (verdict.went_backwards) {
        refuse(url, "sequence numbers of " + describe(*frame, frame->publisher_id) + " went backwards");
        return std::nullopt;
    }
    if (verdict.missed > 0) {
        missed_events_ += verdict.missed;
        limited(gaps_, "missed " + std::to_string(verdict.missed) + " events of " +
                           describe(*frame, frame->publisher_id) + ", from source " + url);
    }
    if (verdict.unknown) report_unknown_loss(*frame, verdict);
    events_ += frame->event_count;
    ++batches_;
    bytes_ += current_->frame.size();
    return Batch{*frame, verdict.missed, verdict.unknown};
}

/// Nothing is refused: the other one may be the liar.
void Subscriber::look_for_twins(const events::Batch& frame)
{
    for (std::size_t other = 0; other < continuity_.size(); ++other) {
        if (continuity_[other].knows(frame.publisher_id)) {
            limited(twins_, describe(frame, frame.publisher_id) + " comes from source " + urls_[current_->source] +
                                " and from source " + urls_[other] +
                                ": one publisher is given twice, or one of the two uses a forged id");
        }
    }
}

void Subscriber::report_unknown_loss(const events::Batch& frame, const Continuity::Verdict& verdict)
{
    ++unknown_losses_;
    const std::string& url = urls_[current_->source];
    if (verdict.claimed > 0) {
        limited(jumps_, "sequence numbers of " + describe(frame, frame.publisher_id) + ", from source " + url +
                            ", jumped by " + std::to_string(verdict.claimed) +
                            ", more than is plausible: an unknown number of events is lost");
    } else {
        limited(crashes_, "an unknown number of events is lost: " + describe(frame, verdict.unknown->publisher_id) +
                              ", from source " + url + ", did not shut down cleanly");
    }
}

void Subscriber::refuse(const std::string& url, const std::string& why)
{
    ++bad_frames_;
    limited(bad_, "bad frame from source " + url + ": " + why);
}

std::chrono::seconds Subscriber::age() const { return boot_time() - started_; }

void Subscriber::limited(NoticeLimit& limit, const std::string& notice)
{
    if (const auto left_out = limit.pass(Clock::now())) tell(true, with_left_out(notice, *left_out));
}

void Subscriber::tell(bool is_warning, const std::string& text) const
{
    if (callback_) callback_({is_warning, text});
}

std::uint64_t Subscriber::connected_sources() const
{
    return static_cast<std::uint64_t>(
        std::ranges::count_if(sources_, [](const auto& source) { return source->connected(); }));
}

std::uint64_t Subscriber::oversized_frames() const
{
    std::uint64_t frames = 0;
    for (const auto& source : sources_)
        frames += source->oversized_frames();
    return frames;
}

} // namespace peer_observer::bus
