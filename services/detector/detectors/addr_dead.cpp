// addr_dead: at the addresses that a peer announces no node answers, as addr-connectivity has found out.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kDead, kShare };
constexpr std::array kParameters = {
    Parameter{"dead", 100, "addresses of one peer at which addr-connectivity found no node",
              "chosen: with fewer, the share says little"},
    Parameter{"share", 0.98, "share of these among its addresses that addr-connectivity has checked",
              "chosen: an honest answer to getaddr has more reachable addresses"},
};

class AddrDead : public Detector {
public:
    AddrDead(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        hooks.announcer += [this](const Moment& at, const auto& announcer) { checked(at, announcer); };
    }

private:
    /// What has become of the addresses of one peer of some node.
    void checked(const Moment& at, const proto::AnnouncerReachability& announcer)
    {
        using Checked = proto::AddressChecked;
        if (!announcer.dns_seed().empty()) return;
        double dead = 0;
        double alive = 0;
        for (const auto& result : announcer.results()) {
            const auto count = static_cast<double>(result.count());
            switch (result.result()) {
            case Checked::OK:
            case Checked::CLOSED: // a node without room does that
                alive += count;
                break;
            case Checked::REFUSED:
            case Checked::TIMEOUT:
            case Checked::NOT_BITCOIN:
            case Checked::WRONG_NETWORK:
                dead += count;
                break;
            default: // says more about the one who checks
                break;
            }
        }
        if (dead == 0) return;
        const Peer peer =
            make_peer(announcer.peer_id(), announcer.peer_address(), announcer.connection_type() == "inbound");
        alarms().judge(at, Subject::of(peer, announcer.node()),
                       {{"addresses at which no node answers", dead, threshold(kDead)},
                        {"share of those checked", dead / (dead + alive), threshold(kShare)}},
                       announcer.first_announcement_ns());
    }
};

} // namespace

extern const Definition kAddrDead = {
    .kind = "addr_dead",
    .text = "announces addresses at which no node answers",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 70,
    .parameters = kParameters,
    .make = make_detector<AddrDead>,
};

} // namespace peer_observer::detector
