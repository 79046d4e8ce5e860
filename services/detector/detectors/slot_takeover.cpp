// slot_takeover: most of the peers that the node evicts have to go for connections of the same few.
#include "libs/base/lru_map.h"
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/window.h"

#include <array>
#include <optional>
#include <string>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kEvictions, kNetgroupEvictions, kShare, kWindow };
constexpr std::array kParameters = {
    Parameter{"evictions", 15, "peers of other networks that were evicted in favour of one site within the window",
              "chosen: more than by a crawler that connects every five minutes"},
    Parameter{"netgroup_evictions", 40, "the same for one netgroup (/16, or /32 of IPv6)",
              "chosen: a third of the 114 inbound slots that Core has by default (net.h)"},
    Parameter{"share", 0.5, "share of all evictions",
              "chosen: on a full node each new connection evicts a peer, and no honest site makes most of them"},
    Parameter{"window_s", 3600, "seconds", "chosen: long enough for peers that connect one by one"},
};

constexpr std::size_t kMostGroups = 4096;
constexpr Time kAtOnce = kSecond;

/// Core evicts a peer when it accepts another, in one function and thread: the next connection that opens is that one
/// (CreateNodeFromAcceptedSocket, net.cpp).
class SlotTakeover : public Detector {
public:
    SlotTakeover(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        hooks.evicted += [this](const Moment& at, const Peer& peer) { victim_.emplace(at.time, peer.netgroup); };
        hooks.opened += [this](const Moment& at, const Peer& peer, const auto&) {
            if (!peer.inbound || !victim_) return;
            const Victim victim = *victim_;
            victim_.reset();
            if (at.time > victim.evicted + kAtOnce) return;
            all_.add(at.time, time(kWindow), 1);
            if (!peer.has_own_host() || victim.netgroup == peer.netgroup) return;
            judge(at, peer, peer.site, threshold(kEvictions));
            if (peer.netgroup != peer.site) judge(at, peer, peer.netgroup, threshold(kNetgroupEvictions));
        };
        hooks.gap += [this](const Moment&) { victim_.reset(); };
    }

private:
    struct Victim {
        Time evicted = 0;
        std::string netgroup; ///< empty if its address tells nothing
    };

    void judge(const Moment& at, const Peer& peer, const std::string& group, double most)
    {
        Window& window = groups_[group];
        window.add(at.time, time(kWindow), 1);
        const double evictions = window.sum(at.time, time(kWindow));
        alarms().judge(at, Subject::of_group(group, &peer),
                       {{"peers evicted for it", evictions, most},
                        {"share of all evictions", evictions / all_.sum(at.time, time(kWindow)), threshold(kShare)}});
    }

    std::optional<Victim> victim_;
    base::LruMap<std::string, Window> groups_{kMostGroups};
    Window all_;
};

} // namespace

extern const Definition kSlotTakeover = {
    .kind = "slot_takeover",
    .text = "has other peers evicted",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 65,
    .parameters = kParameters,
    .make = make_detector<SlotTakeover>,
};

} // namespace peer_observer::detector
