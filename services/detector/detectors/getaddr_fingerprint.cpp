// getaddr_fingerprint: one site asks for the node's addresses again and again.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/lru_map.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kRequests, kWindow };
constexpr std::array kParameters = {
    Parameter{"requests", 10, "getaddr messages of one site within the window",
              "chosen: Core sends one per connection, and a crawler comes every few minutes"},
    Parameter{"window_s", 600, "seconds", "chosen: makes `requests` one per minute"},
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
            this->alarms().judge(at, Subject::of_group(peer.site, &peer),
                                 {{"getaddr messages", window.sum(at.time, time(kWindow)), threshold(kRequests)}});
        };
    }

private:
    LruMap<std::string, Window> sites_{kMostSites};
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
