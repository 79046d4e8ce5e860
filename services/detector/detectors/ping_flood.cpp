// ping_flood: a peer pings all the time.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/per_peer.h"
#include "services/detector/spread.h"
#include "services/detector/window.h"

#include <algorithm>
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
        hooks.received += [this](const Moment& at, const Peer&, const auto&) {
            if (latest_ != 0 && at.time > latest_ + kPause)
                paused_.add(at.time, 2 * time(kWindow), static_cast<double>(at.time - latest_));
            latest_ = std::max(latest_, at.time);
        };
        hooks.inbound(proto::MessagePayload::kPing) += [this](const Moment& at, const Peer& peer, const auto&) {
            Window& window = pings_[peer];
            window.add(at.time, time(kWindow), 1);
            const double longer = 1 + paused_.sum(at.time, 2 * time(kWindow)) / static_cast<double>(time(kWindow));
            const Figure pings{"pings", window.sum(at.time, time(kWindow)), longer * threshold(kPings)};
            this->alarms().judge(at, Subject::of(peer), {pings});
            spread_.judge(this->alarms(), at, peer, 1, pings, time(kWindow), longer * kNeeded,
                          longer * threshold(kNodePings));
        };
    }

private:
    /// A node with some peers has a message of one of them each second.
    static constexpr Time kPause = 5 * kSecond;

    PerPeer<Window> pings_;
    /// Time for which the node took no message of anybody, since it stood still or has few peers: what it then takes
    /// was sent in that time, too. Of two windows, so that it does not end before the pings that it explains.
    Window paused_;
    Time latest_ = 0; ///< message
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
