#include "libs/bus/publisher.h"

#include "libs/bus/endpoint.h"
#include "libs/bus/fanout.h"
#include "libs/bus/frame.h"
#include "libs/bus/option_error.h"

#include <atomic>
#include <chrono>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

namespace peer_observer::bus {
namespace {

constexpr auto kLongestFarewell = std::chrono::seconds{1};

std::uint64_t random_id()
{
    std::random_device device;
    return std::uniform_int_distribution<std::uint64_t>{}(device);
}

std::string checked_node(const PublisherOptions& options)
{
    if (!events::is_node_name(options.node)) {
        throw OptionError{"bad node name \"" + options.node + "\": it must be 1 to 64 characters of [A-Za-z0-9._-]"};
    }
    if (options.queue_batches < 1) throw OptionError{"the queue of a subscriber must have room for a batch"};
    return options.node;
}

Endpoint checked_endpoint(const PublisherOptions& options)
{
    Endpoint endpoint = parse_endpoint(options.url, options.tls);
    check_tls_is_used({endpoint}, options.tls);
    return endpoint;
}

} // namespace

class Publisher::Implementation {
public:
    explicit Implementation(const PublisherOptions& options)
        : node_{checked_node(options)}, id_{random_id()}, endpoint_{checked_endpoint(options)},
          fanout_{endpoint_,
                  options.tls,
                  {.batches = static_cast<std::size_t>(options.queue_batches),
                   .bytes = options.queue_bytes,
                   .stall = options.longest_stall}}
    {
        url_ = endpoint_.url;
        if (endpoint_.transport != Endpoint::Transport::kIpc && endpoint_.port == 0) {
            url_.resize(url_.rfind(':') + 1);
            url_ += std::to_string(fanout_.port());
        }
    }

    ~Implementation()
    {
        try {
            flush();
            begin_frame(frame_, node_, id_, next_sequence_);
            events::mark_last(frame_);
            send(0);
        } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): no memory; nobody is left to be told
        }
        const auto deadline = std::chrono::steady_clock::now() + kLongestFarewell;
        while (!fanout_.idle() && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
    }

    bool add(std::string_view event)
    {
        if (event.size() > base::kMaxEventBytes) {
            ++too_large_events_;
            return false;
        }
        if (frame_.empty()) begin_frame(frame_, node_, id_, next_sequence_);
        events::append_event(frame_, event);
        ++next_sequence_;
        ++events_in_frame_;
        if (frame_.size() >= base::kBatchBytes) flush();
        return true;
    }

    void flush()
    {
        if (callback_) {
            if (const auto notice = fanout_.refusals().take()) callback_(*notice);
            if (const auto notice = fanout_.losses().take()) callback_(*notice);
        }
        if (frame_.empty()) return;
        events_ += events_in_frame_;
        send(std::exchange(events_in_frame_, 0));
    }

    void heartbeat()
    {
        flush();
        begin_frame(frame_, node_, id_, next_sequence_);
        send(0);
    }

    void forward(std::string_view batch)
    {
        const auto parsed = events::parse_batch(batch);
        if (!parsed) throw std::invalid_argument{parsed.error()};
        flush();
        events_ += parsed->event_count;
        frame_ = frame_start(parsed->node).append(batch);
        send(parsed->event_count);
    }

    void on_notice(NoticeCallback callback) { callback_ = std::move(callback); }

    const std::string& url() const { return url_; }
    std::uint64_t id() const { return id_; }
    std::uint64_t next_sequence() const { return next_sequence_; }
    PublisherStatistics statistics() const
    {
        return {.events = events_,
                .batches = batches_,
                .bytes = bytes_,
                .too_large_events = too_large_events_,
                .subscribers = fanout_.subscribers(),
                .refused_connections = fanout_.refusals().count(),
                .dropped_events = fanout_.losses().events(),
                .dropped_batches = fanout_.losses().batches(),
                .disconnected_took_nothing = fanout_.losses().disconnected(Losses::Reason::kTookNothing),
                .disconnected_memory = fanout_.losses().disconnected(Losses::Reason::kMemory),
                .disconnected_spoke = fanout_.losses().disconnected(Losses::Reason::kSpoke)};
    }

private:
    void send(std::uint64_t events)
    {
        ++batches_;
        bytes_ += frame_.size();
        // A small frame leaves as a copy without spare room, which slow subscribers would let us hold.
        const bool is_full = frame_.size() >= base::kBatchBytes;
        fanout_.send(is_full ? std::exchange(frame_, {}) : frame_, events);
        frame_.clear();
        if (is_full) frame_.reserve(base::kBatchBytes + base::kBatchBytes / 8);
    }

    std::string node_;
    std::uint64_t id_;
    std::string url_;
    std::string frame_; ///< what has not left yet; empty or with at least one event
    std::uint64_t events_in_frame_ = 0;
    std::uint64_t next_sequence_ = 0;
    std::atomic<std::uint64_t> events_ = 0;
    std::atomic<std::uint64_t> batches_ = 0;
    std::atomic<std::uint64_t> bytes_ = 0;
    std::atomic<std::uint64_t> too_large_events_ = 0;
    NoticeCallback callback_;
    Endpoint endpoint_;
    Fanout fanout_;
};

Publisher::Publisher(const PublisherOptions& options) : implementation_{std::make_unique<Implementation>(options)} {}
Publisher::~Publisher() = default;
bool Publisher::add(std::string_view event) { return implementation_->add(event); }
void Publisher::flush() { implementation_->flush(); }
void Publisher::heartbeat() { implementation_->heartbeat(); }
void Publisher::forward(std::string_view batch) { implementation_->forward(batch); }
void Publisher::on_notice(NoticeCallback callback) { implementation_->on_notice(std::move(callback)); }
const std::string& Publisher::url() const { return implementation_->url(); }
std::uint64_t Publisher::id() const { return implementation_->id(); }
std::uint64_t Publisher::next_sequence() const { return implementation_->next_sequence(); }
PublisherStatistics Publisher::statistics() const { return implementation_->statistics(); }

} // namespace peer_observer::bus
