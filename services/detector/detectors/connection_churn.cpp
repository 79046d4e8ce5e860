// connection_churn: one subnet opens connection after connection and soon closes each.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/lru_map.h"
#include "services/detector/per_peer.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kConnections, kShort, kWindow };
constexpr std::array kParameters = {
    Parameter{"connections", 60, "short inbound connections of one subnet within the window",
              "chosen: one every ten seconds; a crawler comes every few minutes, a client that cannot stay waits "
              "longer each time"},
    Parameter{"short_s", 60, "a connection is short that lasts not longer than so many seconds",
              "Core gives a handshake 60 seconds (-peertimeout)"},
    Parameter{"window_s", 600, "seconds",
              "chosen: a client that tries again and waits longer each time has a few tries in it"},
};

constexpr std::size_t kMostSubnets = 8192;

class ConnectionChurn : public Detector {
public:
    ConnectionChurn(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, evicted_{hooks}
    {
        // The node closes these.
        hooks.evicted += [this](const Moment&, const Peer& peer) { evicted_[peer] = true; };
        hooks.closed += [this](const Moment& at, const Peer& peer) { closed(at, peer); };
    }

private:
    void closed(const Moment& at, const Peer& peer)
    {
        const bool is_short = peer.from_start && at.time <= peer.since + time(kShort);
        if (!peer.inbound || !is_short || !peer.has_own_host() || evicted_.find(peer) != nullptr) return;
        Window& window = subnets_[peer.subnet];
        window.add(at.time, time(kWindow), 1);
        alarms().judge(at, Subject::of_group(peer.subnet, &peer),
                       {{"short connections", window.sum(at.time, time(kWindow)), threshold(kConnections)}});
    }

    PerPeer<bool> evicted_;
    LruMap<std::string, Window> subnets_{kMostSubnets};
};

} // namespace

extern const Definition kConnectionChurn = {
    .kind = "connection_churn",
    .text = "opens many connections and soon closes them",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 70,
    .parameters = kParameters,
    .make = make_detector<ConnectionChurn>,
};

} // namespace peer_observer::detector
