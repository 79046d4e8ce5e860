// The latest of many things, exactly: no thing is taken for another, but old ones are forgotten.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace peer_observer::detector {

/// 8 bytes a place. The first few things are a list, because most peers have no more. Beyond that each thing has one of
/// kPlaces, which a later one may take.
template <std::size_t kPlaces>
class LatestThings {
public:
    /// True if it is there already.
    bool insert(std::uint64_t thing)
    {
        if (contains(thing)) return true;
        if (places_.size() < kFew) {
            places_.push_back(thing);
            return false;
        }
        if (places_.size() < kPlaces) spread();
        places_[thing % kPlaces] = thing;
        return false;
    }

    bool contains(std::uint64_t thing) const
    {
        if (places_.size() == kPlaces) return places_[thing % kPlaces] == thing;
        return std::ranges::find(places_, thing) != places_.end();
    }

private:
    static constexpr std::size_t kFew = 32;
    static_assert(kFew < kPlaces);

    void spread()
    {
        std::vector<std::uint64_t> places(kPlaces);
        for (const std::uint64_t thing : places_)
            places[thing % kPlaces] = thing;
        places_ = std::move(places);
    }

    std::vector<std::uint64_t> places_;
};

} // namespace peer_observer::detector
