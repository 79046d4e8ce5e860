// What a subscriber tells people, and how often.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace peer_observer::bus {

/// One line for people.
struct Notice {
    bool is_warning = false; ///< everything but a source that connected
    std::string text;
};
using NoticeCallback = std::function<void(const Notice&)>;

/// Lets one notice of a kind through a second, and counts those that were left out.
class NoticeLimit {
public:
    using Clock = std::chrono::steady_clock;

    /// Nothing when this notice must be left out, else how many were left out before it.
    std::optional<std::uint64_t> pass(Clock::time_point now)
    {
        if (now < next_) {
            ++left_out_;
            return std::nullopt;
        }
        next_ = now + std::chrono::seconds{1};
        return std::exchange(left_out_, 0);
    }

private:
    Clock::time_point next_ = Clock::time_point::min();
    std::uint64_t left_out_ = 0;
};

} // namespace peer_observer::bus
