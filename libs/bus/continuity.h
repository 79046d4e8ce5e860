// Notices from sequence numbers what is missing between the batches that come from one source.
#pragma once

#include "libs/bus/frame.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

namespace peer_observer::bus {

/// From here on a publisher's events are missing, and nobody knows how many.
struct UnknownLoss {
    std::uint64_t publisher_id = 0;
    std::uint64_t next_sequence = 0; ///< the first number that did not arrive
};

/// One source's, because a publisher may send whatever id and number it wants to: what it claims must not touch what is
/// known of other sources' publishers.
class Continuity {
public:
    struct Verdict {
        /// Events between the last batch and this one.
        std::uint64_t missed = 0;
        /// The numbers start below what was already seen. Counting continues from this batch.
        bool went_backwards = false;
        /// Another process has taken the place of a publisher that had not said that it stops; or, where `claimed` is
        /// not 0, of this publisher more events are missing than can have been published.
        std::optional<UnknownLoss> unknown = std::nullopt;
        std::uint64_t claimed = 0;
    };

    /// What all publishers of a source may claim to have published unseen: this many events at once, and so many more
    /// for each second that passes. An extractor publishes less than a million a second; archives of which only some
    /// kinds of events are left have larger holes when they are replayed.
    static constexpr std::uint64_t kCredibleEvents = 1'000'000'000;
    static constexpr std::uint64_t kCredibleEventsPerSecond = 10'000'000;

    /// Remembers that many publishers; then the one that was silent for longest is forgotten, so that random ids cannot
    /// fill the memory.
    explicit Continuity(std::size_t max_publishers = 1024) : max_publishers_{max_publishers} {}

    /// `connection` counts the connections to the source: what comes over one is of one process. The first batch of a
    /// publisher sets where its counting starts, if this is the first connection on which something was heard. On a
    /// later one a new publisher's events are missing from number 0 on. `age`: how long the source has been dialled.
    Verdict next(const events::Batch& frame, std::uint64_t connection, std::chrono::seconds age);

    bool knows(std::uint64_t publisher_id) const { return by_id_.contains(publisher_id); }

    /// A batch that was dropped on its way to next(): its publisher's counting starts there, unless it has started.
    void start(const events::Batch& frame, std::uint64_t connection) { (void)publisher(frame, connection); }

private:
    struct Publisher {
        std::uint64_t id = 0;
        std::string node;
        std::uint64_t connection = 0;
        std::uint64_t expected = 0;         ///< the first sequence number of its next batch
        bool ended = false;                 ///< in order
        std::optional<UnknownLoss> unknown; ///< in front of its first batch
    };

    Publisher& publisher(const events::Batch& frame, std::uint64_t connection);
    bool is_credible(std::uint64_t missed, std::chrono::seconds age) const;

    std::size_t max_publishers_;
    std::optional<std::uint64_t> first_connection_;
    std::uint64_t claimed_ = 0;        ///< and believed
    std::list<Publisher> by_last_use_; ///< latest first
    std::unordered_map<std::uint64_t, std::list<Publisher>::iterator> by_id_;
};

} // namespace peer_observer::bus
