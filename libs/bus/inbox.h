// The frames that have arrived and wait for receive(): bounded in number and bytes, filled by nng's threads.
#pragma once

#include "libs/bus/nng_handles.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_map>

namespace peer_observer::bus {

/// nng has a queue of its own here, but that counts messages only: big frames would fill the memory.
class Inbox {
public:
    Inbox(std::size_t max_messages, std::size_t max_bytes) : max_messages_{max_messages}, max_bytes_{max_bytes} {}

    /// By publisher, the sequence number of the first batch that was dropped.
    using Dropped = std::unordered_map<std::uint64_t, std::uint64_t>;

    /// Drops the oldest ones where there is no room. Called on nng's threads.
    void put(Message message);

    /// Lets a take() that waits return.
    void wake();

    /// Waits for a message or wake(); null when neither came in time. `dropped` gets what was dropped before it.
    Message take(std::chrono::steady_clock::time_point deadline, Dropped& dropped);

private:
    void drop_oldest();

    std::size_t max_messages_;
    std::size_t max_bytes_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Message> messages_;
    std::size_t bytes_ = 0;
    Dropped dropped_;
    bool woken_ = false;
};

} // namespace peer_observer::bus
