// Posts anomalies as JSON to a URL, from a thread of its own: what answers late or never holds up nothing.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace peer_observer::detector {

class Webhook {
public:
    struct Options {
        std::string url; ///< http:// or https://
        std::chrono::milliseconds timeout{10'000};
        std::chrono::milliseconds first_pause{1'000}; ///< before a retry; twice as long each time, up to a minute
        std::chrono::milliseconds give_up_after{600'000};
        std::size_t most_waiting = 256; ///< the oldest is dropped beyond it
    };
    struct Statistics {
        std::uint64_t posted = 0;
        std::uint64_t retries = 0;
        std::uint64_t dropped = 0; ///< no room, or given up
    };
    /// Called from the thread.
    using Notice = std::function<void(const std::string& text)>;

    /// Throws std::invalid_argument for a URL of another sort.
    Webhook(Options options, Notice notice);
    /// Posts nothing more.
    ~Webhook();
    Webhook(const Webhook&) = delete;
    Webhook& operator=(const Webhook&) = delete;

    void post(std::string json);
    /// True when nothing waits any more, within that time.
    bool drain(std::chrono::milliseconds longest);
    Statistics statistics() const;

private:
    using Clock = std::chrono::steady_clock;
    struct Waiting {
        std::string json;
        Clock::time_point since;
    };

    void run();
    /// Empty if it was taken; else what went wrong.
    std::string send(const std::string& json) const;

    Options options_;
    Notice notice_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Waiting> waiting_;
    Statistics statistics_;
    bool stopping_ = false;
    std::thread thread_;
};

} // namespace peer_observer::detector
