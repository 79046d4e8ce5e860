// The frames that have arrived and wait for receive(): bounded in number and bytes, filled by nng's threads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace peer_observer::bus {

class Inbox {
public:
    Inbox(std::size_t max_frames, std::size_t max_bytes) : max_frames_{max_frames}, max_bytes_{max_bytes} {}

    /// By publisher, the sequence number of the first batch that was dropped.
    using Dropped = std::unordered_map<std::uint64_t, std::uint64_t>;

    /// Drops the oldest ones where there is no room. Called on nng's threads.
    void put(std::string frame);

    /// Lets a take() that waits return.
    void wake();

    /// Waits for a frame or wake(); nothing when neither came in time. `dropped` gets what was dropped before it.
    std::optional<std::string> take(std::chrono::steady_clock::time_point deadline, Dropped& dropped);

private:
    void drop_oldest();

    std::size_t max_frames_;
    std::size_t max_bytes_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> frames_;
    std::size_t bytes_ = 0;
    Dropped dropped_;
    bool woken_ = false;
};

} // namespace peer_observer::bus
