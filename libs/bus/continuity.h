// Notices from sequence numbers what is missing between the batches of a publisher.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>

namespace peer_observer::bus {

class Continuity {
public:
    struct Verdict {
        /// Events between the last batch and this one.
        std::uint64_t missed = 0;
        /// The numbers start below what was already seen. Counting goes on from this batch.
        bool went_backwards = false;
    };

    /// Remembers that many publishers; then the one that was silent for longest is forgotten, so that random ids cannot
    /// fill the memory.
    explicit Continuity(std::size_t max_publishers = 1024) : max_publishers_{max_publishers} {}

    /// The first batch of a publisher sets where its counting starts.
    Verdict next(std::uint64_t publisher_id, std::uint64_t first_sequence, std::uint64_t event_count);

    /// Lets the counting of a publisher start here, unless it has started.
    void start(std::uint64_t publisher_id, std::uint64_t first_sequence);

private:
    struct Publisher {
        std::uint64_t id;
        std::uint64_t expected; ///< the first sequence number of its next batch
    };

    Publisher& publisher(std::uint64_t id, std::uint64_t first_sequence);

    std::size_t max_publishers_;
    std::list<Publisher> by_last_use_; ///< latest first
    std::unordered_map<std::uint64_t, std::list<Publisher>::iterator> by_id_;
};

} // namespace peer_observer::bus
