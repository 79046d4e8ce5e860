// How much of something there was within the last so many seconds of event time.
#pragma once

#include "services/detector/moment.h"

#include <array>
#include <cstddef>

namespace peer_observer::detector {

/// Exact to a twelfth of the window: that much more than it may be counted.
class Window {
public:
    void add(Time now, Time length, double amount)
    {
        turn(now, length);
        slices_[newest_ % kSlices] += amount;
        sum_ += amount;
    }

    double sum(Time now, Time length)
    {
        turn(now, length);
        return sum_;
    }

private:
    static constexpr std::size_t kSlices = 13;

    void turn(Time now, Time length)
    {
        const Time width = length / (kSlices - 1) + 1;
        if (width != width_) { // the first time, or the operator has set another length
            *this = {};
            width_ = width;
            newest_ = now / width;
        }
        const Time slice = now / width_;
        if (slice <= newest_) return;
        if (slice - newest_ >= kSlices) { // a clock may jump by years
            slices_ = {};
            sum_ = 0;
            newest_ = slice;
        }
        for (; newest_ < slice; ++newest_) {
            double& oldest = slices_[(newest_ + 1) % kSlices];
            sum_ -= oldest;
            oldest = 0;
        }
        newest_ = slice;
    }

    std::array<double, kSlices> slices_{};
    double sum_ = 0;
    Time width_ = 0;
    Time newest_ = 0;
};

} // namespace peer_observer::detector
