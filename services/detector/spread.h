// What several hosts do beyond what a peer needs, none of them so much that it stands out.
#pragma once

#include "libs/base/lru_map.h"
#include "services/detector/alarms.h"
#include "services/detector/per_subject.h"
#include "services/detector/window.h"

#include <algorithm>
#include <string>

namespace peer_observer::detector {

/// As PerAs, but for hosts that have nothing in common: an anomaly of the node. What a peer needs anyway does not
/// count, else a node with many peers would be suspicious. Of one AS no more counts than a third: PerAs is for that.
class Spread {
public:
    static constexpr double kFewestSystems = 3;

    /// The peer's host has done `amount` more, and within the window `own.value`, of which `own.threshold` is its own
    /// limit and `needed` what any peer may do. `most` is that of all hosts together.
    void judge(Alarms& alarms, const Moment& at, const Peer& peer, double amount, const Figure& own, Time window,
               double needed, double most)
    {
        const double beyond = std::min(amount, own.value - needed);
        if (beyond <= 0 || own.value > own.threshold) return;
        if (!peer.as.empty()) {
            Window& of_as = systems_[peer.as];
            if (of_as.sum(at.time, window) + beyond > most / kFewestSystems) return;
            of_as.add(at.time, window, beyond);
        }
        Time& counted = counted_[subject_key(peer)];
        if (counted == 0 || at.time >= counted + window) {
            counted = at.time;
            hosts_.add(at.time, window, 1);
        }
        all_.add(at.time, window, beyond);
        alarms.judge(at, Subject::of_node(&peer),
                     {{own.name, all_.sum(at.time, window), most},
                      {"hosts, each below its own threshold", hosts_.sum(at.time, window), kFewestHosts}});
    }

private:
    static constexpr double kFewestHosts = 5; // fewer are judged one by one
    static constexpr std::size_t kMostHosts = 1024;
    static constexpr std::size_t kMostSystems = 1024;

    base::LruMap<std::string, Window> systems_{kMostSystems};
    base::LruMap<std::string, Time> counted_{kMostHosts}; ///< hosts, by when they were counted last
    Window hosts_;
    Window all_;
};

} // namespace peer_observer::detector
