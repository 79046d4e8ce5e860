// eviction_pressure: so many peers connect that the node has to evict far more of them than it usually does.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/per_as.h"
#include "services/detector/usual.h"
#include "services/detector/window.h"

#include <algorithm>
#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kEvictions, kTimes, kLearn, kAsEvictions, kAsShare, kWindow };
constexpr std::array kParameters = {
    Parameter{"evictions", 100, "evicted inbound connections within the window",
              "chosen: most of the 114 inbound slots that Core has by default (net.h), every ten minutes"},
    Parameter{"times", 4, "ratio to the node's median of the last day",
              "chosen: a full node evicts one peer for each new connection, all the time"},
    Parameter{"learn_s", 3600, "seconds for which the node must have been observed before",
              "chosen: six windows make a median"},
    Parameter{"as_evictions", 50, "evicted inbound connections of one AS within the window",
              "chosen: half of `evictions`; a full node gets 30 new connections in the window (0xB10C, 2022)"},
    Parameter{"as_share", 0.5, "share of all evicted connections",
              "chosen: an AS cannot have more evictions than connections; the largest hoster has an eighth of the "
              "connections, and may have a quarter of the evictions because its nodes stay"},
    Parameter{"window_s", 600, "seconds", "chosen: with it, `evictions` is one per six seconds"},
};

class EvictionPressure : public Detector {
public:
    EvictionPressure(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        hooks.tick += [this](const Moment& at) {
            if (watched_since_ == 0) watched_since_ = at.time;
            usual_.pass(at.time, time(kWindow));
        };
        hooks.evicted += [this](const Moment& at, const Peer& peer) {
            evictions_.add(at.time, time(kWindow), 1);
            usual_.add(at.time, time(kWindow), 1);
            by_as_.judge(this->alarms(), at, peer, 1, {"evictions"}, time(kWindow), threshold(kAsEvictions),
                         threshold(kAsShare));
            if (at.time < watched_since_ + time(kLearn)) return;
            const double evictions = evictions_.sum(at.time, time(kWindow));
            const double usual = usual_.median();
            this->alarms().judge(at, Subject::of_node(&peer),
                                 {{"evictions", evictions, threshold(kEvictions)},
                                  {"times as many as usual", evictions / std::max(usual, 1.0), threshold(kTimes)},
                                  {"usual", usual}});
        };
    }

private:
    Window evictions_;
    PerAs by_as_;
    Usual usual_;
    Time watched_since_ = 0;
};

} // namespace

extern const Definition kEvictionPressure = {
    .kind = "eviction_pressure",
    .text = "has far more inbound connections evicted than usual",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 60,
    .parameters = kParameters,
    .make = make_detector<EvictionPressure>,
};

} // namespace peer_observer::detector
