#include "libs/bus/publisher.h"

#include "libs/bus/endpoint.h"
#include "libs/bus/fanout.h"
#include "libs/bus/frame.h"
#include "libs/bus/option_error.h"

#include <algorithm>
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

std::optional<std::string> checked_node(const PublisherOptions& options)
{
    if (options.node && !events::is_node_name(*options.node)) {
        throw OptionError{"bad node name \"" + *options.node + "\": it must be 1 to 64 characters of [A-Za-z0-9._-]"};
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

Publisher::Publisher(const PublisherOptions& options)
    : node_{checked_node(options)}, id_{random_id()}, heartbeat_interval_{options.heartbeat_interval},
      tls_watch_{options.tls}
{
    own_.next_heartbeat = Clock::now() + heartbeat_interval_;
    const Endpoint endpoint = checked_endpoint(options);
    fanout_ = std::make_unique<Fanout>(endpoint, options.tls,
                                       QueueLimits{.batches = static_cast<std::size_t>(options.queue_batches),
                                                   .bytes = options.queue_bytes,
                                                   .stall = options.longest_stall});
    url_ = endpoint.url;
    if (endpoint.transport != Endpoint::Transport::ipc && endpoint.port == 0) {
        url_.resize(url_.rfind(':') + 1);
        url_ += std::to_string(fanout_->port());
    }
}

Publisher::~Publisher()
{
    try {
        flush();
        if (node_) {
            begin_frame(frame_, *node_, id_, own_.next_sequence);
            events::mark_last(frame_);
            send(own_, 0);
        }
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): no memory; nobody is left to be told
    }
    const auto deadline = Clock::now() + kLongestFarewell;
    while (!fanout_->idle() && Clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
}

bool Publisher::add(std::string_view event)
{
    if (event.size() <= base::kMaxEventBytes) return add([&](std::string& out) { out += event; }, event.size());
    ++too_large_events_;
    return false;
}

base::OpenField Publisher::begin_event(std::size_t expected_bytes)
{
    if (!node_) throw std::logic_error{"a publisher without a node has no events of its own"};
    if (frame_.empty()) begin_frame(frame_, *node_, id_, own_.next_sequence);
    return events::open_event(frame_, expected_bytes);
}

bool Publisher::end_event(const base::OpenField& event)
{
    if (event.content_bytes(frame_) > base::kMaxEventBytes) {
        take_back(event);
        ++too_large_events_;
        return false;
    }
    event.close(frame_);
    ++own_.next_sequence;
    ++events_in_frame_;
    if (frame_.size() >= base::kBatchBytes) flush();
    return true;
}

void Publisher::take_back(const base::OpenField& event)
{
    event.undo(frame_);
    if (events_in_frame_ == 0) frame_.clear();
}

void Publisher::flush()
{
    const auto renewed = tls_watch_.look(Clock::now(), [this](const TlsFiles& files) { fanout_->use(files); });
    if (callback_ && renewed) callback_(*renewed);
    if (callback_) {
        if (const auto notice = fanout_->refusals().take()) callback_(*notice);
        if (const auto notice = fanout_->losses().take()) callback_(*notice);
    }
    if (!frame_.empty()) {
        events_ += events_in_frame_;
        send(own_, std::exchange(events_in_frame_, 0));
    }
    send_heartbeats();
}

void Publisher::send_heartbeats()
{
    const auto now = Clock::now();
    if (now < next_heartbeat_) return;
    next_heartbeat_ = now + heartbeat_interval_;
    const auto look_at = [&](std::string_view node, std::uint64_t id, Stream& stream) {
        if (stream.next_heartbeat <= now) {
            begin_frame(frame_, node, id, stream.next_sequence);
            send(stream, 0);
        }
        next_heartbeat_ = std::min(next_heartbeat_, stream.next_heartbeat);
    };
    if (node_) look_at(*node_, id_, own_);
    for (auto& [source, stream] : forwarded_)
        look_at(source.first, source.second, stream);
}

void Publisher::forward(std::string_view batch)
{
    const auto parsed = events::parse_batch(batch);
    if (!parsed) throw std::invalid_argument{parsed.error()};
    flush();
    events_ += parsed->event_count;
    frame_ = frame_start(parsed->node).append(batch);
    const auto stream = forwarded_.try_emplace({std::string{parsed->node}, parsed->publisher_id}).first;
    stream->second.next_sequence = parsed->first_sequence + parsed->event_count;
    send(stream->second, parsed->event_count);
    if (parsed->last) forwarded_.erase(stream);
}

PublisherStatistics Publisher::statistics() const
{
    const Losses& losses = fanout_->losses();
    return {.events = events_,
            .batches = batches_,
            .bytes = bytes_,
            .too_large_events = too_large_events_,
            .subscribers = fanout_->subscribers(),
            .refused_connections = fanout_->refusals().count(),
            .dropped_events = losses.events(),
            .dropped_batches = losses.batches(),
            .disconnected_took_nothing = losses.disconnected(Losses::Reason::took_nothing),
            .disconnected_memory = losses.disconnected(Losses::Reason::memory),
            .disconnected_spoke = losses.disconnected(Losses::Reason::spoke)};
}

void Publisher::send(Stream& stream, std::uint64_t events)
{
    stream.next_heartbeat = Clock::now() + heartbeat_interval_;
    ++batches_;
    bytes_ += frame_.size();
    // Slow subscribers would let us hold the spare room of what leaves: a small frame leaves as a copy without, and so
    // does one in which something much larger had been written and taken back.
    const bool is_full = frame_.size() >= base::kBatchBytes;
    if (is_full && frame_.capacity() > 2 * frame_.size()) frame_.shrink_to_fit();
    fanout_->send(is_full ? std::exchange(frame_, {}) : frame_, events);
    frame_.clear();
    if (is_full) frame_.reserve(base::kBatchBytes + base::kBatchBytes / 8);
}

} // namespace peer_observer::bus
