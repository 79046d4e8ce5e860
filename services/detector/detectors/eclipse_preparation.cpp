// eclipse_preparation: the addresses that enter the node's address manager come from one network.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/lru_map.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kInserts, kShare, kAsInserts, kAsShare, kWindow };
constexpr std::array kParameters = {
    Parameter{"inserts", 2000, "addresses from sources of one network that entered the new table, within the window",
              "a peer's 1,000 after our getaddr and 360 an hour (Core's MAX_ADDR_RATE_PER_SECOND) are 1,360: it takes "
              "two peers or more"},
    Parameter{"share", 0.5, "of all that entered", "chosen: no single network has most of what is new"},
    Parameter{"as_inserts", 3000, "likewise, from sources of one AS", "chosen: of three peers or more"},
    Parameter{"as_share", 0.5, "of all that entered",
              "chosen: four times what the largest hoster has of the reachable nodes (bitcoin/bitcoin#16599, 2024)"},
    Parameter{"window_s", 3600, "seconds", "chosen: Core's limits give an hour's worth a meaning"},
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
            if (tells_nothing(attempt.source())) return;
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

    LruMap<std::string, Window> groups_{kMostGroups};
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
