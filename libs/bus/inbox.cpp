#include "libs/bus/inbox.h"

#include "libs/bus/frame.h"

#include <utility>

namespace peer_observer::bus {
namespace {

// Publishers of which drops are remembered: with honest publishers there are as many as sources.
constexpr std::size_t kMaxDroppedPublishers = 1024;

} // namespace

void Inbox::put(std::string frame)
{
    const std::size_t size = frame.size();
    {
        const std::lock_guard lock{mutex_};
        while (!frames_.empty() && (frames_.size() >= max_frames_ || bytes_ + size > max_bytes_))
            drop_oldest();
        bytes_ += size;
        frames_.push_back(std::move(frame));
    }
    changed_.notify_one();
}

void Inbox::drop_oldest()
{
    const auto parsed = parse_frame(frames_.front());
    if (parsed && dropped_.size() < kMaxDroppedPublishers)
        dropped_.emplace(parsed->publisher_id, parsed->first_sequence);
    bytes_ -= frames_.front().size();
    frames_.pop_front();
}

void Inbox::wake()
{
    {
        const std::lock_guard lock{mutex_};
        woken_ = true;
    }
    changed_.notify_one();
}

std::optional<std::string> Inbox::take(std::chrono::steady_clock::time_point deadline, Dropped& dropped)
{
    std::unique_lock lock{mutex_};
    changed_.wait_until(lock, deadline, [this] { return woken_ || !frames_.empty(); });
    woken_ = false;
    dropped = std::exchange(dropped_, {});
    if (frames_.empty()) return std::nullopt;
    std::string frame = std::move(frames_.front());
    frames_.pop_front();
    bytes_ -= frame.size();
    return frame;
}

} // namespace peer_observer::bus
