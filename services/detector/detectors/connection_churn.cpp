// connection_churn: one site opens connection after connection and soon closes each.
#include "libs/base/lru_map.h"
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/per_as.h"
#include "services/detector/per_peer.h"
#include "services/detector/spread.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kConnections, kNetgroupConnections, kAsConnections, kAsShare, kNodeConnections, kShort, kWindow };
constexpr std::array kParameters = {
    Parameter{
        "connections", 60, "short inbound connections of one site within the window",
        "chosen: one every ten seconds; a crawler connects every few minutes, and a client that is rejected backs off"},
    Parameter{"netgroup_connections", 180, "the same for one netgroup (/16, or /32 of IPv6)",
              "chosen: three times `connections`, because a provider's customers share it"},
    Parameter{
        "as_connections", 200, "the same for one AS; each site counts for at most `connections`",
        "chosen: more than for a netgroup; 30 new connections of all peers in the window are normal (0xB10C, 2022)"},
    Parameter{"as_share", 0.3, "share of all short inbound connections",
              "chosen: the largest hoster has an eighth of the reachable nodes (bitcoin/bitcoin#16599, 2024)"},
    Parameter{"node_connections", 240, "the same for all sites together; each site counts for at most `connections`",
              "chosen: eight times the 30 new connections of all peers in the window (0xB10C, 2022)"},
    Parameter{"short_s", 60, "maximum duration of a short connection in seconds",
              "Core gives a handshake 60 seconds (-peertimeout)"},
    Parameter{"window_s", 600, "seconds",
              "chosen: a client that retries with a backoff has a few attempts in that time"},
};

/// What Core calls itself there (PushNodeVersion, net_processing.cpp).
constexpr std::string_view kPrivateBroadcast = "/pynode:0.0.1/";
constexpr std::size_t kMostGroups = 8192;

class ConnectionChurn : public Detector {
public:
    ConnectionChurn(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, excused_{hooks}, asked_{hooks}
    {
        using Payload = proto::MessagePayload;
        // The node closes these.
        hooks.evicted += [this](const Moment&, const Peer& peer) { excused_[peer] = true; };
        // It brought a transaction that the node wanted, and went: a private broadcast of Core v31, of which many come
        // through few exits of Tor.
        hooks.inbound(Payload::kTx) += [this](const Moment&, const Peer& peer, const auto&) {
            if (peer.user_agent == kPrivateBroadcast && asked_.find(peer) != nullptr) excused_[peer] = true;
        };
        hooks.outbound(Payload::kGetdata) += [this](const Moment&, const Peer& peer, const auto&) {
            if (peer.user_agent == kPrivateBroadcast) asked_[peer] = true;
        };
        hooks.closed += [this](const Moment& at, const Peer& peer) { closed(at, peer); };
    }

private:
    void closed(const Moment& at, const Peer& peer)
    {
        const bool is_short = peer.from_start && at.time <= peer.since + time(kShort);
        if (!peer.inbound || !is_short || !peer.has_own_host() || excused_.find(peer) != nullptr) return;
        const double of_site = count(at, peer, peer.site, threshold(kConnections));
        const Figure connections{"short connections", of_site, threshold(kConnections)};
        by_as_.judge(alarms(), at, peer, 1, connections, time(kWindow), threshold(kAsConnections), threshold(kAsShare));
        spread_.judge(alarms(), at, peer, 1, connections, time(kWindow), 0, threshold(kNodeConnections));
        if (peer.netgroup != peer.site) count(at, peer, peer.netgroup, threshold(kNetgroupConnections));
    }

    double count(const Moment& at, const Peer& peer, const std::string& group, double most)
    {
        Window& window = groups_[group];
        window.add(at.time, time(kWindow), 1);
        const double connections = window.sum(at.time, time(kWindow));
        alarms().judge(at, Subject::of_group(group, &peer), {{"short connections", connections, most}});
        return connections;
    }

    PerPeer<bool> excused_;
    PerPeer<bool> asked_;
    base::LruMap<std::string, Window> groups_{kMostGroups};
    PerAs by_as_;
    Spread spread_;
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
