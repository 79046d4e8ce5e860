// ping_flood: a peer pings all the time.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/per_peer.h"
#include "services/detector/spread.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kPings, kNodePings, kWindow };
constexpr std::array kParameters = {
    Parameter{"pings", 120, "pings of one peer within the window",
              "four times what bitcoinj sends (one per two seconds); Core sends one per two minutes"},
    Parameter{"node_pings", 200, "the same for all hosts below `pings` together, of each what is above 60",
              "chosen: less than two of the former send; a bitcoinj sends 30, and some come together"},
    Parameter{"window_s", 60, "seconds", "chosen: over this time, two per second are more than a burst"},
};

constexpr double kNeeded = 60; // twice what bitcoinj sends: two minutes of it may come together

class PingFlood : public Detector {
public:
    PingFlood(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}, pings_{hooks}
    {
        hooks.inbound(proto::MessagePayload::kPing) += [this](const Moment& at, const Peer& peer, const auto&) {
            Window& window = pings_[peer];
            window.add(at.time, time(kWindow), 1);
            const Figure pings{"pings", window.sum(at.time, time(kWindow)), threshold(kPings)};
            this->alarms().judge(at, Subject::of(peer), {pings});
            spread_.judge(this->alarms(), at, peer, 1, pings, time(kWindow), kNeeded, threshold(kNodePings));
        };
    }

private:
    PerPeer<Window> pings_;
    Spread spread_;
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
