// Receives batches from one or many publishers over nng, and notices what is missing.
#pragma once

#include "libs/bus/continuity.h"
#include "libs/bus/inbox.h"
#include "libs/bus/notices.h"
#include "libs/bus/tls.h"
#include "libs/bus/tls_watch.h"
#include "libs/events/batch.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::bus {

class NodeOwners;
class Source;

struct SubscriberOptions {
    /// URLs of publishers, each with the names of its nodes behind it where these are to be bound to it:
    /// `tls+tcp://alpha.example.org:9331=alpha` (see node_owners.h). Order of start does not matter: each is dialled
    /// again until it answers.
    std::vector<std::string> sources;
    /// Names of the nodes to receive; empty = all.
    std::vector<std::string> nodes = {};
    /// A file that is replaced is used from the next connection on.
    std::optional<TlsFiles> tls = std::nullopt;
    /// What may wait in this process until receive() is called; the oldest batches are dropped beyond it, and counted
    /// as missed.
    int queue_batches = 4096;
    std::size_t queue_bytes = std::size_t{256} << 20U;
};

/// Out of one frame, already checked: topic, envelope version, and an envelope that parses. Views bytes that are valid
/// until the next receive().
struct Batch : events::Batch {
    /// Events of this publisher that should have come before this batch and did not.
    std::uint64_t missed = 0;
    /// In front of this batch an unknown number of events is missing: a publisher of this node was replaced without
    /// having said that it stops, or numbers jumped further than can be true. They are not in `missed`.
    std::optional<UnknownLoss> unknown_loss = std::nullopt;
};

/// Counted from the subscriber's start.
struct SubscriberStatistics {
    std::uint64_t events = 0;
    std::uint64_t batches = 0;
    std::uint64_t bytes = 0;
    std::uint64_t missed_events = 0;
    std::uint64_t bad_frames = 0;
    std::uint64_t connected_sources = 0; ///< now
    std::uint64_t unknown_losses = 0;    ///< each of an unknown number of events
    std::uint64_t refused_frames = 0;    ///< of a node that is not the source's
    std::uint64_t configured_sources = 0;
};

class Subscriber {
public:
    /// Starts dialling. Throws std::runtime_error naming the URL or file when it cannot ever work.
    explicit Subscriber(const SubscriberOptions& options);
    ~Subscriber();

    /// Waits for the next good batch; nothing when the time is over. Bad frames are counted, reported to the log
    /// callback, and skipped.
    std::optional<Batch> receive(std::chrono::milliseconds timeout);

    /// Called from receive() about TLS files that have changed, and about a gap, a bad frame or a source that came or
    /// went; at most once a second for each of these, with the number that was left out. Libraries do not log: the
    /// service passes its logger.
    void on_notice(NoticeCallback callback) { callback_ = std::move(callback); }

    /// May be called from any thread.
    SubscriberStatistics statistics() const;

private:
    void use(const TlsFiles& files);
    void arrived(Arrival arrival); ///< on nng's threads
    std::optional<Batch> check_frame();
    void look_for_twins(const events::Batch& frame);
    void report_unknown_loss(const events::Batch& frame, const Continuity::Verdict& verdict);
    void refuse(const std::string& url, const std::string& why);
    std::chrono::seconds age() const; ///< how long the sources have been dialled
    void limited(NoticeLimit& limit, const std::string& notice);
    void tell(bool is_warning, const std::string& text) const;
    std::uint64_t connected_sources() const;
    std::uint64_t oversized_frames() const;

    std::chrono::seconds started_;    ///< of the time since boot
    std::vector<std::string> topics_; ///< what wanted frames start with
    Inbox inbox_;
    std::unique_ptr<NodeOwners> owners_;
    std::vector<std::string> urls_;      ///< of each source
    std::vector<Continuity> continuity_; ///< of each source
    NoticeLimit gaps_;
    NoticeLimit jumps_;
    NoticeLimit crashes_;
    NoticeLimit twins_;
    NoticeLimit refused_;
    NoticeLimit bad_;
    NoticeCallback callback_;
    TlsWatch tls_watch_;             ///< made before the files are read
    std::optional<Arrival> current_; ///< what the last Batch points into
    std::atomic<std::uint64_t> events_ = 0;
    std::atomic<std::uint64_t> batches_ = 0;
    std::atomic<std::uint64_t> bytes_ = 0;
    std::atomic<std::uint64_t> missed_events_ = 0;
    std::atomic<std::uint64_t> unknown_losses_ = 0;
    std::atomic<std::uint64_t> bad_frames_ = 0;
    std::atomic<std::uint64_t> refused_frames_ = 0;
    std::vector<std::unique_ptr<Source>> sources_; ///< ended first: they call the ones above
};

} // namespace peer_observer::bus
