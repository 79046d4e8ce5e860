// Sends events: numbers them, gathers them into batches, and publishes the batches over nng.
#pragma once

#include "libs/base/open_field.h"
#include "libs/bus/notices.h"
#include "libs/bus/tls.h"
#include "libs/bus/tls_watch.h"

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace peer_observer::bus {

class Fanout;

struct PublisherOptions {
    /// tcp://HOST:PORT (port 0 picks a free one), ipc://PATH or tls+tcp://HOST:PORT.
    std::string url;
    /// Name of the observed node; part of the topic. 1 to 64 characters of [A-Za-z0-9._-]. Without one, it has no
    /// events of its own: it only forwards what others have published.
    std::optional<std::string> node = std::nullopt;
    /// A file that is replaced is used from the next connection on.
    std::optional<TlsFiles> tls = std::nullopt;
    /// What one subscriber that does not keep up may leave waiting here, before the oldest batches are dropped for it.
    /// All waiting subscribers share the memory of the batches.
    int queue_batches = 4096;
    std::size_t queue_bytes = std::size_t{256} << 20U;
    /// A subscriber that takes not one byte for so long, while something waits for it, is disconnected. Kernels tell of
    /// what it took in steps of up to some MB, so that a slow one may seem to take nothing for some time.
    std::chrono::nanoseconds longest_stall = std::chrono::minutes{1};
    /// After so long a silence a heartbeat is sent. Subscribers rely on one second.
    std::chrono::nanoseconds heartbeat_interval = std::chrono::seconds{1};
};

/// Counted from the publisher's start.
struct PublisherStatistics {
    std::uint64_t events = 0;
    std::uint64_t batches = 0;
    std::uint64_t bytes = 0;
    std::uint64_t too_large_events = 0;    ///< that add() did not take
    std::uint64_t subscribers = 0;         ///< connected now
    std::uint64_t refused_connections = 0; ///< that ended before they were a subscriber's
    std::uint64_t dropped_events = 0;      ///< for a subscriber that did not keep up; for two of them, counted twice
    std::uint64_t dropped_batches = 0;
    std::uint64_t disconnected_took_nothing = 0; ///< subscribers, for taking nothing for `longest_stall`
    std::uint64_t disconnected_memory = 0;       ///< for holding frames back when all together held too many bytes
    std::uint64_t disconnected_spoke = 0;        ///< for sending something, which subscribers do not
};

class Publisher {
public:
    /// Listens at once. Throws std::runtime_error naming the option and the URL when it cannot.
    explicit Publisher(const PublisherOptions& options);
    /// Sends the current batch, says that it was the last, and gives subscribers up to a second to take what waits for
    /// them.
    ~Publisher();

    /// Gives the event the next sequence number and appends it to the current batch, which leaves when it has reached
    /// 256 KiB. `event` is a serialized peer_observer.proto.Event. False, and nothing is changed but the statistics,
    /// where it is larger than base::kMaxEventBytes: it fits into no frame.
    [[nodiscard]] bool add(std::string_view event);

    /// The same, without a copy: `write(std::string& out)` appends the serialized event to what is in `out`, and leaves
    /// that alone. `expected_bytes` is about the event's size. What it throws is passed on, and nothing is added.
    template <std::invocable<std::string&> Write>
    [[nodiscard]] bool add(Write&& write, std::size_t expected_bytes = 0)
    {
        const auto event = begin_event(expected_bytes);
        try {
            std::forward<Write>(write)(frame_);
        } catch (...) {
            take_back(event);
            throw;
        }
        return end_event(event);
    }

    /// Sends the current batch, if there is anything in it. After a second without a batch it sends a heartbeat: a
    /// batch without events, by which subscribers see that the publisher lives and whether they missed its last events.
    /// Call it whenever no further event is at hand, and at least every 10 ms.
    void flush();

    /// Sends a serialized EventBatch as it is, whichever node and publisher it is from: for what was published before.
    /// From then on flush() sends heartbeats of that publisher, too, until its last batch. Leaves this publisher's own
    /// numbers alone. Throws std::invalid_argument where it is not a batch.
    void forward(std::string_view batch);

    /// Called from flush() about TLS files that have changed, and about a connection that was refused, a subscriber
    /// that was disconnected, and what was dropped for subscribers; each at most once a minute, with the number that
    /// was left out. Libraries do not log: the service passes its logger.
    void on_notice(NoticeCallback callback) { callback_ = std::move(callback); }

    /// The URL that it listens on; with the port that was picked where port 0 was asked for.
    const std::string& url() const { return url_; }
    std::uint64_t id() const { return id_; }
    /// The number that the next event gets.
    std::uint64_t next_sequence() const { return own_.next_sequence; }
    /// May be called from any thread.
    PublisherStatistics statistics() const;

private:
    using Clock = std::chrono::steady_clock;
    /// What is published under one id.
    struct Stream {
        std::uint64_t next_sequence = 0;
        Clock::time_point next_heartbeat;
    };

    base::OpenField begin_event(std::size_t expected_bytes);
    bool end_event(const base::OpenField& event);
    void take_back(const base::OpenField& event);
    void send(Stream& stream, std::uint64_t events);
    void send_heartbeats();

    std::optional<std::string> node_;
    std::uint64_t id_;
    Stream own_;
    std::map<std::pair<std::string, std::uint64_t>, Stream> forwarded_; ///< by node and publisher
    std::chrono::nanoseconds heartbeat_interval_;
    Clock::time_point next_heartbeat_; ///< the earliest of all streams
    std::string url_;
    std::string frame_; ///< what has not left yet; empty or with at least one event
    std::uint64_t events_in_frame_ = 0;
    std::atomic<std::uint64_t> events_ = 0;
    std::atomic<std::uint64_t> batches_ = 0;
    std::atomic<std::uint64_t> bytes_ = 0;
    std::atomic<std::uint64_t> too_large_events_ = 0;
    NoticeCallback callback_;
    TlsWatch tls_watch_; ///< made before the files are read
    std::unique_ptr<Fanout> fanout_;
};

} // namespace peer_observer::bus
