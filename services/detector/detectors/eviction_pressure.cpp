// eviction_pressure: so many peers connect that the node has to evict others all the time.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kEvictions, kWindow };
constexpr std::array kParameters = {
    Parameter{"evictions", 100, "evicted inbound connections within the window",
              "chosen: most of the 114 inbound slots that Core has by default, every ten minutes"},
    Parameter{"window_s", 600, "seconds", "chosen: makes `evictions` one in six seconds"},
};

class EvictionPressure : public Detector {
public:
    EvictionPressure(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        hooks.evicted += [this](const Moment& at, const Peer& peer) {
            evictions_.add(at.time, time(kWindow), 1);
            this->alarms().judge(at, Subject::of_node(&peer),
                                 {{"evictions", evictions_.sum(at.time, time(kWindow)), threshold(kEvictions)}});
        };
    }

private:
    Window evictions_;
};

} // namespace

extern const Definition kEvictionPressure = {
    .kind = "eviction_pressure",
    .text = "evicts inbound connections all the time",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 60,
    .parameters = kParameters,
    .make = make_detector<EvictionPressure>,
};

} // namespace peer_observer::detector
