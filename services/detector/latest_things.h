// The latest of many things, exactly: no thing is taken for another, but old ones are forgotten.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace peer_observer::detector {

/// 8 bytes a place, once there is anything in it. Each thing has one place, which a later one may take.
template <std::size_t kPlaces>
class LatestThings {
public:
    /// True if it is there already.
    bool insert(std::uint64_t thing)
    {
        if (!places_) places_ = std::make_unique<std::array<std::uint64_t, kPlaces>>();
        std::uint64_t& place = (*places_)[thing % kPlaces];
        const bool is_known = place == thing;
        place = thing;
        return is_known;
    }

private:
    std::unique_ptr<std::array<std::uint64_t, kPlaces>> places_;
};

} // namespace peer_observer::detector
