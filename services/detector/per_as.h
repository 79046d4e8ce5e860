// What so many hosts of one autonomous system do that none of them stands out.
#pragma once

#include "libs/base/lru_map.h"
#include "services/detector/alarms.h"
#include "services/detector/window.h"

#include <string>

namespace peer_observer::detector {

/// A large hoster's AS has many honest peers. So what a host (or a site) does beyond its own threshold is its own and
/// does not count for its AS, and an AS needs a share of all, too.
class PerAs {
public:
    /// The peer's host has done `amount` more, and within the window `own.value`, of which `own.threshold` is its own
    /// limit. `most` and `share` are those of an AS.
    void judge(Alarms& alarms, const Moment& at, const Peer& peer, double amount, const Figure& own, Time window,
               double most, double share)
    {
        if (own.value > own.threshold) return;
        all_.add(at.time, window, amount);
        if (peer.as.empty()) return;
        Window& sum = systems_[peer.as];
        sum.add(at.time, window, amount);
        const double of_as = sum.sum(at.time, window);
        alarms.judge(at, Subject::of_group(peer.as, &peer),
                     {{own.name, of_as, most}, {"share of all", of_as / all_.sum(at.time, window), share}});
    }

private:
    static constexpr std::size_t kMostSystems = 1024;

    base::LruMap<std::string, Window> systems_{kMostSystems};
    Window all_;
};

} // namespace peer_observer::detector
