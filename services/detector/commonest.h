// How much there was of the commonest of many groups within a window: of each that has a large share of all.
#pragma once

#include "services/detector/window.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace peer_observer::detector {

/// A new group takes the place of the smallest one, of equal ones of the oldest. So a group with more than one in kMost
/// of all is never displaced for long, however many small ones there are.
template <std::size_t kMost>
class Commonest {
public:
    /// Adds `amount` of the group, and says how much of it there is. `group`: a hash of its name.
    double add(Time now, Time length, std::uint64_t group, double amount)
    {
        auto place = std::ranges::find(places_, group, &Place::group);
        if (place == places_.end()) {
            if (places_.size() == kMost)
                places_.erase(
                    std::ranges::min_element(places_, {}, [&](Place& one) { return one.window.sum(now, length); }));
            places_.push_back({group, {}});
            place = places_.end() - 1;
        }
        place->window.add(now, length, amount);
        return place->window.sum(now, length);
    }

private:
    struct Place {
        std::uint64_t group;
        Window window;
    };

    std::vector<Place> places_; ///< by the time at which they came
};

} // namespace peer_observer::detector
