#include "libs/bus/inbox.h"

#include "libs/bus/frame.h"

#include <iterator>
#include <utility>

namespace peer_observer::bus {
namespace {

// Publishers of a source of which drops are remembered: honest sources have one.
constexpr std::ptrdiff_t kMaxDroppedPublishers = 1024;

} // namespace

void Inbox::put(Arrival arrival)
{
    const std::size_t size = arrival.frame.size();
    {
        const std::lock_guard lock{mutex_};
        while (!arrivals_.empty() && (arrivals_.size() >= max_frames_ || bytes_ + size > max_bytes_))
            drop_oldest();
        bytes_ += size;
        arrivals_.push_back(std::move(arrival));
    }
    changed_.notify_one();
}

void Inbox::drop_oldest()
{
    const Arrival arrival = std::move(arrivals_.front());
    arrivals_.pop_front();
    bytes_ -= arrival.frame.size();
    const auto parsed = parse_frame(arrival.frame);
    if (!parsed) return;
    const std::pair key{arrival.source, parsed->publisher_id};
    if (dropped_.contains(key)) return;
    const auto known =
        std::distance(dropped_.lower_bound({arrival.source, 0}), dropped_.lower_bound({arrival.source + 1, 0}));
    if (known >= kMaxDroppedPublishers) return;
    Arrival& first = dropped_[key] = {.source = arrival.source, .connection = arrival.connection, .frame = {}};
    begin_frame(first.frame, parsed->node, parsed->publisher_id, parsed->first_sequence);
}

void Inbox::wake()
{
    {
        const std::lock_guard lock{mutex_};
        woken_ = true;
    }
    changed_.notify_one();
}

std::optional<Arrival> Inbox::take(std::chrono::steady_clock::time_point deadline, Dropped& dropped)
{
    std::unique_lock lock{mutex_};
    changed_.wait_until(lock, deadline, [this] { return woken_ || !arrivals_.empty(); });
    woken_ = false;
    dropped = std::exchange(dropped_, {});
    if (arrivals_.empty()) return std::nullopt;
    Arrival arrival = std::move(arrivals_.front());
    arrivals_.pop_front();
    bytes_ -= arrival.frame.size();
    return arrival;
}

} // namespace peer_observer::bus
