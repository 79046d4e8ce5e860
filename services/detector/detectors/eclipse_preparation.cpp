// eclipse_preparation: the addresses that enter the node's address manager come from one network.
#include "libs/app/known_peers.h"
#include "libs/base/lru_map.h"
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kInserts, kShare, kAsInserts, kAsShare, kWindow };
constexpr std::array kParameters = {
    Parameter{"inserts", 2000, "addresses from sources of one netgroup that entered the new table within the window",
              "one peer can send 1,360: 1,000 after our getaddr, and 360 per hour (Core's MAX_ADDR_RATE_PER_SECOND); "
              "more takes two peers"},
    Parameter{"share", 0.5, "share of all addresses that entered",
              "chosen: no single netgroup has most of the new addresses"},
    Parameter{"as_inserts", 3000, "the same for sources of one AS", "chosen: what takes three peers"},
    Parameter{"as_share", 0.5, "share of all addresses that entered",
              "chosen: four times the largest hoster's share of the reachable nodes (bitcoin/bitcoin#16599, 2024)"},
    Parameter{"window_s", 3600, "seconds", "chosen: Core's limits are per hour"},
};

constexpr std::size_t kMostGroups = 4096;

class EclipsePreparation : public Detector {
public:
    EclipsePreparation(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        hooks.addrman_attempt += [this, &hooks](const Moment& at, const auto& attempt) {
            if (!attempt.inserted()) return;
            all_.add(at.time, time(kWindow), 1);
            // The source of what inbound peers announce through Tor is the daemon: nobody.
            if (app::is_shared_address(attempt.source())) return;
            inserted(at, netgroup_of(attempt.source()), threshold(kInserts), threshold(kShare));
            if (const auto as = hooks.as_of(attempt.source()); !as.empty())
                inserted(at, as, threshold(kAsInserts), threshold(kAsShare));
        };
    }

private:
    void inserted(const Moment& at, const std::string& group, double most, double least_share)
    {
        Window& window = groups_[group];
        window.add(at.time, time(kWindow), 1);
        const double inserts = window.sum(at.time, time(kWindow));
        const double share = inserts / all_.sum(at.time, time(kWindow));
        alarms().judge(at, Subject::of_group(group, nullptr),
                       {{"addresses inserted", inserts, most}, {"share", share, least_share}});
    }

    base::LruMap<std::string, Window> groups_{kMostGroups};
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
