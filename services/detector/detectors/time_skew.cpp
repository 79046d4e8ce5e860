// time_skew: peers of many networks have clocks that are wrong in the same direction; or the node's own clock is.
#include "libs/base/lru_map.h"
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kNetworks, kShare, kOffset, kWindow };
constexpr std::array kParameters = {
    Parameter{"networks", 8,
              "netgroups (/16, or /32 of IPv6) within the window with a peer whose clock is off in the same direction",
              "chosen: single clocks are often wrong; this many in the same direction are not by chance"},
    Parameter{"share", 0.25, "share of the netgroups of peers that sent a version message within the window",
              "chosen: wrong clocks are far rarer, and wrong in both directions"},
    Parameter{"offset_s", 600, "minimum offset of such a clock in seconds",
              "where Core warns of its own clock: the median of its outbound peers is off by ten minutes"},
    Parameter{"window_s", 3600, "seconds", "chosen: in less time, too few new peers connect for a share"},
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

    base::LruMap<std::string, Network> networks_{kMostNetworks};
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
