#include "libs/bus/continuity.h"

#include <algorithm>
#include <utility>

namespace peer_observer::bus {

Continuity::Publisher& Continuity::publisher(const events::Batch& frame, std::uint64_t connection)
{
    if (const auto known = by_id_.find(frame.publisher_id); known != by_id_.end()) {
        by_last_use_.splice(by_last_use_.begin(), by_last_use_, known->second);
        return by_last_use_.front();
    }
    if (!first_connection_) first_connection_ = connection;
    Publisher added{.id = frame.publisher_id, .node = std::string{frame.node}, .connection = connection};
    added.expected = connection == *first_connection_ ? frame.first_sequence : 0;
    const auto former = std::ranges::find(by_last_use_, frame.node, &Publisher::node);
    if (former != by_last_use_.end() && former->connection < connection && !former->ended)
        added.unknown = UnknownLoss{.publisher_id = former->id, .next_sequence = former->expected};
    if (by_id_.size() >= max_publishers_) {
        by_id_.erase(by_last_use_.back().id);
        by_last_use_.pop_back();
    }
    by_last_use_.push_front(std::move(added));
    by_id_.emplace(frame.publisher_id, by_last_use_.begin());
    return by_last_use_.front();
}

bool Continuity::is_credible(std::uint64_t missed, std::chrono::seconds age) const
{
    const auto most = kCredibleEvents + kCredibleEventsPerSecond * static_cast<std::uint64_t>(age.count());
    return claimed_ <= most && missed <= most - claimed_;
}

Continuity::Verdict Continuity::next(const events::Batch& frame, std::uint64_t connection, std::chrono::seconds age)
{
    Publisher& from = publisher(frame, connection);
    Verdict verdict{.went_backwards = frame.first_sequence < from.expected};
    verdict.unknown = std::exchange(from.unknown, std::nullopt);
    if (!verdict.went_backwards) {
        const std::uint64_t missed = frame.first_sequence - from.expected;
        if (is_credible(missed, age)) {
            claimed_ += missed;
            verdict.missed = missed;
        } else {
            verdict.claimed = missed;
            verdict.unknown = UnknownLoss{.publisher_id = from.id, .next_sequence = from.expected};
        }
    }
    from.connection = connection;
    from.expected = frame.first_sequence + frame.event_count;
    from.ended = frame.last;
    return verdict;
}

} // namespace peer_observer::bus
