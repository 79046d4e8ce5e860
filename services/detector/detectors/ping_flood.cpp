// ping_flood: a peer pings all the time.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/per_peer.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kPings, kWindow };
constexpr std::array kParameters = {
    Parameter{"pings", 120, "pings of one peer within the window",
              "four times what bitcoinj sends (one per two seconds); Core sends one per two minutes"},
    Parameter{"window_s", 60, "seconds", "chosen: over this time, two per second are more than a burst"},
};

class PingFlood : public Detector {
public:
    PingFlood(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}, pings_{hooks}
    {
        hooks.inbound(proto::MessagePayload::kPing) += [this](const Moment& at, const Peer& peer, const auto&) {
            Window& window = pings_[peer];
            window.add(at.time, time(kWindow), 1);
            this->alarms().judge(at, Subject::of(peer),
                                 {{"pings", window.sum(at.time, time(kWindow)), threshold(kPings)}});
        };
    }

private:
    PerPeer<Window> pings_;
};

} // namespace

extern const Definition kPingFlood = {
    .kind = "ping_flood",
    .text = "pings all the time",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 90,
    .parameters = kParameters,
    .make = make_detector<PingFlood>,
};

} // namespace peer_observer::detector
