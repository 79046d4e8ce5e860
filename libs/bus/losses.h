// What a publisher did not deliver to its subscribers, whom it disconnected for it, and what people are told.
#pragma once

#include "libs/bus/notices.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace peer_observer::bus {

/// Safe to use from any thread.
class Losses {
public:
    enum class Reason { took_nothing, memory, spoke };
    static constexpr std::size_t kReasons = 3;

    void dropped(const std::string& address, std::uint64_t batches, std::uint64_t events)
    {
        const std::lock_guard lock{mutex_};
        batches_ += batches;
        events_ += events;
        new_batches_ += batches;
        new_events_ += events;
        address_ = address;
        has_news_ = true;
    }

    void disconnected(const std::string& address, Reason reason)
    {
        static constexpr std::array kWhy = {"it took nothing for a minute", "it held too much memory",
                                            "it sent something, which subscribers never do"};
        const std::lock_guard lock{mutex_};
        ++disconnected_[static_cast<std::size_t>(reason)];
        if (const auto left_out = disconnects_.pass(NoticeLimit::Clock::now())) {
            disconnect_ = warning(with_left_out(
                "disconnected subscriber " + address + ": " + kWhy[static_cast<std::size_t>(reason)], *left_out));
        }
        has_news_ = true;
    }

    std::uint64_t batches() const { return batches_; }
    std::uint64_t events() const { return events_; }
    std::uint64_t disconnected(Reason reason) const { return disconnected_[static_cast<std::size_t>(reason)]; }

    /// The next line, of each kind one per minute at most. Costs next to nothing while there was no loss.
    std::optional<Notice> take()
    {
        if (!has_news_) return std::nullopt;
        const std::lock_guard lock{mutex_};
        if (disconnect_) return std::exchange(disconnect_, std::nullopt);
        const auto now = NoticeLimit::Clock::now();
        has_news_ = new_batches_ > 0;
        if (new_batches_ == 0 || now < next_drop_notice_) return std::nullopt;
        next_drop_notice_ = now + std::chrono::minutes{1};
        return warning("dropped " + std::to_string(std::exchange(new_events_, 0)) + " events in " +
                       std::to_string(std::exchange(new_batches_, 0)) +
                       " batches for slow subscribers, most recently for " + address_);
    }

private:
    std::mutex mutex_;
    std::atomic<bool> has_news_ = false;
    std::atomic<std::uint64_t> batches_ = 0;
    std::atomic<std::uint64_t> events_ = 0;
    std::array<std::atomic<std::uint64_t>, kReasons> disconnected_{};
    std::uint64_t new_batches_ = 0; ///< since the last notice
    std::uint64_t new_events_ = 0;
    std::string address_; ///< of the subscriber for whom the last one was dropped
    NoticeLimit::Clock::time_point next_drop_notice_ = NoticeLimit::Clock::time_point::min();
    NoticeLimit disconnects_{std::chrono::minutes{1}};
    std::optional<Notice> disconnect_;
};

} // namespace peer_observer::bus
