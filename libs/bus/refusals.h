// The connections to a publisher that ended before they were a subscriber's: how many, and what people are told.
#pragma once

#include "libs/bus/notices.h"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace peer_observer::bus {

/// Safe to use from any thread.
class Refusals {
public:
    void add(std::string why)
    {
        const std::lock_guard lock{mutex_};
        if (const auto left_out = limit_.pass(NoticeLimit::Clock::now()))
            waiting_ = warning(with_left_out(std::move(why), *left_out));
        ++count_;
    }

    std::uint64_t count() const { return count_; }

    /// The next line, one per minute at most. Costs next to nothing while there was no refusal.
    std::optional<Notice> take()
    {
        if (count_ == 0) return std::nullopt;
        const std::lock_guard lock{mutex_};
        return std::exchange(waiting_, std::nullopt);
    }

private:
    std::mutex mutex_;
    std::atomic<std::uint64_t> count_ = 0;
    NoticeLimit limit_{std::chrono::minutes{1}}; // a tool reconnects every second
    std::optional<Notice> waiting_;
};

} // namespace peer_observer::bus
