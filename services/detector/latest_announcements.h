// Who was the first to tell the node of a transaction, for the latest ones.
#pragma once

#include "services/detector/moment.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace peer_observer::detector {

/// 192 KiB once there is anything in it. Each transaction has four places to be in, of which the oldest is overwritten.
class LatestAnnouncements {
public:
    /// Whoever tells of it again within `recent` is not the first.
    void insert(Time now, Time recent, std::uint64_t hash, std::int64_t peer_id)
    {
        if (!sets_) sets_ = std::make_unique<std::array<Set, kSets>>();
        Set& set = (*sets_)[hash % kSets];
        auto place = std::ranges::find(set, hash, &Place::hash);
        if (place == set.end()) place = std::ranges::min_element(set, {}, &Place::time);
        if (place->hash != hash || now >= place->time + recent) *place = {hash, now, peer_id};
    }

    /// Whether another peer told of it within `recent`.
    bool is_of_another(Time now, Time recent, std::uint64_t hash, std::int64_t peer_id) const
    {
        if (!sets_) return false;
        const Set& set = (*sets_)[hash % kSets];
        const auto place = std::ranges::find(set, hash, &Place::hash);
        return place != set.end() && place->peer_id != peer_id && now < place->time + recent;
    }

private:
    struct Place {
        std::uint64_t hash = 0;
        Time time = 0;
        std::int64_t peer_id = 0;
    };

    using Set = std::array<Place, 4>;
    static constexpr std::size_t kSets = 2048; // five minutes of 14 transactions a second, of two hashes each

    std::unique_ptr<std::array<Set, kSets>> sets_;
};

} // namespace peer_observer::detector
