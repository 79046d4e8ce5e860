// time_skew: peers of many networks have clocks that are wrong in the same direction; or the node's own clock is.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/lru_map.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kNetworks, kShare, kOffset, kWindow };
constexpr std::array kParameters = {
    Parameter{"networks", 8, "networks (/16, /32) with a peer whose clock is off to the same side, within the window",
              "chosen: single clocks are often wrong; so many to the same side are not by chance"},
    Parameter{"share", 0.25, "of the networks of peers that said hello within the window",
              "chosen: wrong clocks are rarer by far, and go to both sides"},
    Parameter{"offset_s", 600, "seconds by which a clock has to be off",
              "where Core warns of its own clock: the median of its outbound peers is off by ten minutes"},
    Parameter{"window_s", 3600, "seconds", "chosen: in less, too few new peers come to tell a share"},
};

constexpr std::size_t kMostNetworks = 1024;

class TimeSkew : public Detector {
public:
    TimeSkew(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        hooks.inbound(proto::MessagePayload::kVersion) +=
            [this](const Moment& at, const Peer& peer, const auto& message) {
                const std::int64_t time_s = message.payload().version().time_s();
                // 0 is no clock: what Core says where it broadcasts a transaction in private (PushNodeVersion,
                // net_processing.cpp), through exits of Tor with addresses of their own.
                if (peer.has_own_host() && time_s != 0) said_hello(at, peer, time_s);
            };
    }

private:
    enum class Clock : std::uint8_t { right, slow, fast };
    struct Network {
        Time heard = 0;
        Clock clock = Clock::right;
    };

    void said_hello(const Moment& at, const Peer& peer, std::int64_t time_s)
    {
        const double offset_s = static_cast<double>(time_s) - static_cast<double>(at.time) / kSecond;
        Clock clock = Clock::right;
        if (offset_s >= threshold(kOffset)) clock = Clock::fast;
        if (offset_s <= -threshold(kOffset)) clock = Clock::slow;
        networks_[peer.netgroup] = {at.time, clock};
        if (clock == Clock::right) return;
        double heard = 0;
        double off = 0;
        for (const auto& [name, network] : networks_) {
            if (network.heard + time(kWindow) < at.time) continue;
            ++heard;
            if (network.clock == clock) ++off;
        }
        alarms().judge(at, Subject::of_node(&peer),
                       {{"networks with wrong clocks", off, threshold(kNetworks)},
                        {"share", off / heard, threshold(kShare)},
                        {"latest offset in seconds", offset_s}});
    }

    LruMap<std::string, Network> networks_{kMostNetworks};
};

} // namespace

extern const Definition kTimeSkew = {
    .kind = "time_skew",
    .text = "has peers of many networks whose clocks differ from its own in the same direction",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 60,
    .parameters = kParameters,
    .make = make_detector<TimeSkew>,
};

} // namespace peer_observer::detector
