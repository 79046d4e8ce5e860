// slot_turnover: few hosts open many connections over time, each of which is long enough not to be churn.
#include "libs/base/lru_map.h"
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/per_as.h"
#include "services/detector/window.h"

#include <array>
#include <string>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kHost, kSite, kNetgroup, kAs, kAsShare, kLong, kWindow };
constexpr std::array kParameters = {
    Parameter{"connections", 60, "inbound connections of one host that ended within the window",
              "chosen: one per minute; a crawler connects a few times per hour, a node a few times per day"},
    Parameter{"site_connections", 150, "the same for one site", "chosen: what two or three such hosts make"},
    Parameter{"netgroup_connections", 400, "the same for one netgroup (/16, or /32 of IPv6)",
              "chosen: more than three per inbound slot; a provider's customers share a netgroup"},
    Parameter{
        "as_connections", 800, "the same for one AS; each host counts for at most `connections`",
        "chosen: twice what a netgroup may have; 180 new connections of all peers per hour are normal (0xB10C, 2022)"},
    Parameter{"as_share", 0.3, "share of all such connections", "as for connection_churn"},
    Parameter{"long_s", 60, "minimum duration of such a connection in seconds; shorter ones count for connection_churn",
              "Core gives a handshake 60 seconds (-peertimeout)"},
    Parameter{"window_s", 3600, "seconds", "chosen: long enough for what connection_churn does not see"},
};

constexpr std::size_t kMostGroups = 8192;

class SlotTurnover : public Detector {
public:
    SlotTurnover(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        hooks.closed += [this](const Moment& at, const Peer& peer) {
            const bool is_long = peer.from_start && at.time > peer.since + time(kLong);
            if (!peer.inbound || !is_long || !peer.has_own_host()) return;
            const double of_host = judge(at, Subject::of(peer), peer.host, threshold(kHost));
            by_as_.judge(this->alarms(), at, peer, 1, {"connections", of_host, threshold(kHost)}, time(kWindow),
                         threshold(kAs), threshold(kAsShare));
            judge(at, Subject::of_group(peer.site, &peer), peer.site, threshold(kSite));
            if (peer.netgroup != peer.site)
                judge(at, Subject::of_group(peer.netgroup, &peer), peer.netgroup, threshold(kNetgroup));
        };
    }

private:
    double judge(const Moment& at, const Subject& subject, const std::string& group, double most)
    {
        Window& window = groups_[group];
        window.add(at.time, time(kWindow), 1);
        const double connections = window.sum(at.time, time(kWindow));
        alarms().judge(at, subject, {{"connections", connections, most}});
        return connections;
    }

    base::LruMap<std::string, Window> groups_{kMostGroups};
    PerAs by_as_;
};

} // namespace

extern const Definition kSlotTurnover = {
    .kind = "slot_turnover",
    .text = "opens connection after connection",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 65,
    .parameters = kParameters,
    .make = make_detector<SlotTurnover>,
};

} // namespace peer_observer::detector
