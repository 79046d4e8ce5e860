// How much of something a node usually has: the median of the last day's windows of event time.
#pragma once

#include "services/detector/moment.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace peer_observer::detector {

class Usual {
public:
    void add(Time now, Time length, double amount)
    {
        pass(now, length);
        current_ += amount;
    }

    /// Also where nothing happened.
    void pass(Time now, Time length)
    {
        const Time window = now / length;
        if (window == window_ && length == length_) return;
        if (length != length_ || window < window_) { // the first time, another length, or a clock that was set back
            *this = {};
        } else {
            // A jump by years fills no more than there is.
            for (Time i = window_; i < std::min<Time>(window, window_ + kWindows); ++i) {
                sums_[next_++ % kWindows] = current_;
                current_ = 0;
            }
        }
        length_ = length;
        window_ = window;
    }

    /// Of the windows that are over; 0 of none.
    double median() const
    {
        const std::size_t count = std::min(next_, kWindows);
        if (count == 0) return 0;
        auto sorted = sums_;
        const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(count / 2);
        std::nth_element(sorted.begin(), middle, sorted.begin() + static_cast<std::ptrdiff_t>(count));
        return *middle;
    }

private:
    static constexpr std::size_t kWindows = 144; // a day of ten minutes each

    std::array<double, kWindows> sums_{};
    std::size_t next_ = 0;
    double current_ = 0;
    Time length_ = 0;
    Time window_ = 0;
};

} // namespace peer_observer::detector
