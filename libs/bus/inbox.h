// The frames that have arrived and wait for receive(): bounded in number and bytes, filled by nng's threads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace peer_observer::bus {

struct Arrival {
    std::size_t source = 0;       ///< by which it came
    std::uint64_t connection = 0; ///< of that source
    std::string frame;
};

class Inbox {
public:
    Inbox(std::size_t max_frames, std::size_t max_bytes) : max_frames_{max_frames}, max_bytes_{max_bytes} {}

    /// By source and publisher, the first frame that was dropped, without its events.
    using Dropped = std::map<std::pair<std::size_t, std::uint64_t>, Arrival>;

    /// Drops the oldest ones where there is no room. Called on nng's threads.
    void put(Arrival arrival);

    /// Lets a take() that waits return.
    void wake();

    /// Waits for a frame or wake(); nothing when neither came in time. `dropped` gets what was dropped before it.
    std::optional<Arrival> take(std::chrono::steady_clock::time_point deadline, Dropped& dropped);

private:
    void drop_oldest();

    std::size_t max_frames_;
    std::size_t max_bytes_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Arrival> arrivals_;
    std::size_t bytes_ = 0;
    Dropped dropped_;
    bool woken_ = false;
};

} // namespace peer_observer::bus
