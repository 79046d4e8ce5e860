// What a publisher or a subscriber tells people, and how often.
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
    bool is_warning = false;
    std::string text;
};
inline Notice warning(std::string text) { return {.is_warning = true, .text = std::move(text)}; }
inline Notice information(std::string text) { return {.is_warning = false, .text = std::move(text)}; }
using NoticeCallback = std::function<void(const Notice&)>;

/// Lets one notice of a kind through within an interval, and counts those that were left out.
class NoticeLimit {
public:
    using Clock = std::chrono::steady_clock;

    explicit NoticeLimit(Clock::duration interval = std::chrono::seconds{1}) : interval_{interval} {}

    /// Nothing when this notice must be left out, else how many were left out before it.
    std::optional<std::uint64_t> pass(Clock::time_point now)
    {
        if (now < next_) {
            ++left_out_;
            return std::nullopt;
        }
        next_ = now + interval_;
        return std::exchange(left_out_, 0);
    }

private:
    Clock::duration interval_;
    Clock::time_point next_ = Clock::time_point::min();
    std::uint64_t left_out_ = 0;
};

/// `text`, and how many notices of its kind were left out before it.
inline std::string with_left_out(std::string text, std::uint64_t left_out)
{
    if (left_out > 0) text += " (" + std::to_string(left_out) + " such notices were left out)";
    return text;
}

} // namespace peer_observer::bus
