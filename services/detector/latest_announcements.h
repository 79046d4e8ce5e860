// Who was the first to tell the node of a transaction, for the latest ones.
#pragma once

#include "services/detector/moment.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace peer_observer::detector {

/// 96 KiB once there is anything in it. Each transaction has one place, which a later one may take from it.
class LatestAnnouncements {
public:
    /// Whoever tells of it again within `recent` is not the first.
    void insert(Time now, Time recent, std::uint64_t hash, std::int64_t peer_id)
    {
        if (!places_) places_ = std::make_unique<std::array<Place, kPlaces>>();
        Place& place = (*places_)[hash % kPlaces];
        if (place.hash != hash || now >= place.time + recent) place = {hash, now, peer_id};
    }

    /// Whether another peer told of it within `recent`.
    bool is_of_another(Time now, Time recent, std::uint64_t hash, std::int64_t peer_id) const
    {
        if (!places_) return false;
        const Place& place = (*places_)[hash % kPlaces];
        return place.hash == hash && place.peer_id != peer_id && now < place.time + recent;
    }

private:
    static constexpr std::size_t kPlaces = 4096; // ten minutes of seven transactions a second
    struct Place {
        std::uint64_t hash = 0;
        Time time = 0;
        std::int64_t peer_id = 0;
    };

    std::unique_ptr<std::array<Place, kPlaces>> places_;
};

} // namespace peer_observer::detector
