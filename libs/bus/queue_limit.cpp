#include "libs/bus/queue_limit.h"

#include <algorithm>

namespace peer_observer::bus {

QueueLimit::QueueLimit(int max_batches, std::size_t max_bytes)
    : max_batches_{max_batches}, max_bytes_{max_bytes}, places_{max_batches}, reach_{max_batches},
      shrink_above_{max_bytes / 2}
{}

int QueueLimit::before_send(std::size_t frame_bytes)
{
    if (reach_ == places_ && places_ < max_batches_ && held_bytes_ <= max_bytes_ / 8) {
        places_ = places_ > max_batches_ / 2 ? max_batches_ : places_ * 2;
        reach_ = places_;
    }
    const std::size_t held_with_it = held_bytes_ + frame_bytes;
    if (held_with_it > shrink_above_) {
        const std::size_t half_of_what_is_left = (max_bytes_ - std::min(held_with_it, max_bytes_)) / 2;
        places_ = places_for(frame_bytes, half_of_what_is_left);
        shrink_above_ = std::min(held_with_it, max_bytes_) + half_of_what_is_left;
        sent_since_shrinking_ = 0;
    }

    sizes_.push_back(frame_bytes);
    held_bytes_ = held_with_it;
    if (++sent_since_shrinking_ >= places_) {
        sent_since_shrinking_ = places_;
        reach_ = places_;
        shrink_above_ = max_bytes_ / 2;
    }
    while (sizes_.size() > static_cast<std::size_t>(reach_)) {
        held_bytes_ -= sizes_.front();
        sizes_.pop_front();
    }
    return places_;
}

/// How many of the latest frames, beginning with this one, fit into so many bytes: 1 to places_.
int QueueLimit::places_for(std::size_t frame_bytes, std::size_t bytes) const
{
    int places = 1;
    std::size_t sum = frame_bytes;
    for (auto size = sizes_.rbegin(); size != sizes_.rend() && places < places_; ++size, ++places) {
        sum += *size;
        if (sum > bytes) break;
    }
    return places;
}

} // namespace peer_observer::bus
