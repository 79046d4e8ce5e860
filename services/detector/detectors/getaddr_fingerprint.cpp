// getaddr_fingerprint: one site asks for the node's addresses again and again.
#include "libs/base/lru_map.h"
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/per_as.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kRequests, kAsRequests, kAsShare, kWindow };
constexpr std::array kParameters = {
    Parameter{"requests", 10, "getaddr messages of one site within the window",
              "chosen: Core sends one per connection, and a crawler connects every few minutes"},
    Parameter{"as_requests", 60, "the same for one AS; each site counts for at most `requests`",
              "chosen: twice the usual number of new connections in the window (0xB10C, 2022)"},
    Parameter{"as_share", 0.5, "share of all getaddr messages of inbound peers",
              "chosen: four times the largest hoster's share of the reachable nodes"},
    Parameter{"window_s", 600, "seconds", "chosen: with it, `requests` is one per minute"},
};

constexpr std::size_t kMostSites = 8192;

class GetaddrFingerprint : public Detector {
public:
    GetaddrFingerprint(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        hooks.inbound(proto::MessagePayload::kGetaddr) += [this](const Moment& at, const Peer& peer, const auto&) {
            if (!peer.inbound || !peer.has_own_host()) return;
            Window& window = sites_[peer.site];
            window.add(at.time, time(kWindow), 1);
            const Figure of_site{"getaddr messages", window.sum(at.time, time(kWindow)), threshold(kRequests)};
            this->alarms().judge(at, Subject::of_group(peer.site, &peer), {of_site});
            by_as_.judge(this->alarms(), at, peer, 1, of_site, time(kWindow), threshold(kAsRequests),
                         threshold(kAsShare));
        };
    }

private:
    base::LruMap<std::string, Window> sites_{kMostSites};
    PerAs by_as_;
};

} // namespace

extern const Definition kGetaddrFingerprint = {
    .kind = "getaddr_fingerprint",
    .text = "asks for the node's addresses again and again",
    .severity = proto::AnomalyReport::INFO,
    .confidence_percent = 70,
    .parameters = kParameters,
    .make = make_detector<GetaddrFingerprint>,
};

} // namespace peer_observer::detector
