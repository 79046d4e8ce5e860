#include "libs/bus/continuity.h"

namespace peer_observer::bus {

Continuity::Publisher& Continuity::publisher(std::uint64_t id, std::uint64_t first_sequence)
{
    if (const auto known = by_id_.find(id); known != by_id_.end()) {
        by_last_use_.splice(by_last_use_.begin(), by_last_use_, known->second);
        return by_last_use_.front();
    }
    if (by_id_.size() >= max_publishers_) {
        by_id_.erase(by_last_use_.back().id);
        by_last_use_.pop_back();
    }
    by_last_use_.push_front({.id = id, .expected = first_sequence});
    by_id_.emplace(id, by_last_use_.begin());
    return by_last_use_.front();
}

Continuity::Verdict Continuity::next(std::uint64_t publisher_id, std::uint64_t first_sequence,
                                     std::uint64_t event_count)
{
    Publisher& from = publisher(publisher_id, first_sequence);
    const bool went_backwards = first_sequence < from.expected;
    const std::uint64_t missed = went_backwards ? 0 : first_sequence - from.expected;
    from.expected = first_sequence + event_count;
    return {.missed = missed, .went_backwards = went_backwards};
}

void Continuity::start(std::uint64_t publisher_id, std::uint64_t first_sequence)
{
    publisher(publisher_id, first_sequence);
}

} // namespace peer_observer::bus
