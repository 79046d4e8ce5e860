// eclipse_preparation: the addresses that enter the node's address manager come from one network.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/lru_map.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kInserts, kShare, kWindow };
constexpr std::array kParameters = {
    Parameter{"inserts", 2000, "addresses from sources of one network that entered the new table, within the window",
              "a peer's 1,000 after our getaddr and 360 an hour (Core's MAX_ADDR_RATE_PER_SECOND) are 1,360: it takes "
              "two peers or more"},
    Parameter{"share", 0.5, "of all that entered", "chosen: no single network has most of what is new"},
    Parameter{"window_s", 3600, "seconds", "chosen: Core's limits give an hour's worth a meaning"},
};

constexpr std::size_t kMostNetworks = 4096;

class EclipsePreparation : public Detector {
public:
    EclipsePreparation(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        hooks.addrman_attempt += [this](const Moment& at, const auto& attempt) {
            if (!attempt.inserted()) return;
            all_.add(at.time, time(kWindow), 1);
            // The source of what inbound peers announce through Tor is the daemon: nobody.
            if (!tells_nothing(attempt.source())) inserted(at, netgroup_of(attempt.source()));
        };
    }

private:
    void inserted(const Moment& at, const std::string& netgroup)
    {
        Window& window = networks_[netgroup];
        window.add(at.time, time(kWindow), 1);
        const double inserts = window.sum(at.time, time(kWindow));
        const double share = inserts / all_.sum(at.time, time(kWindow));
        alarms().judge(at, Subject::of_group(netgroup, nullptr),
                       {{"addresses inserted", inserts, threshold(kInserts)}, {"share", share, threshold(kShare)}});
    }

    LruMap<std::string, Window> networks_{kMostNetworks};
    Window all_;
};

} // namespace

extern const Definition kEclipsePreparation = {
    .kind = "eclipse_preparation",
    .text = "is where most new addresses of the address manager come from",
    .severity = proto::AnomalyReport::CRITICAL,
    .confidence_percent = 50,
    .parameters = kParameters,
    .make = make_detector<EclipsePreparation>,
};

} // namespace peer_observer::detector
