// orphan_flood: a peer sends transactions whose parents nobody has.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/per_peer.h"
#include "services/detector/rejections.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kOrphans, kWindow };
constexpr std::array kParameters = {
    Parameter{"orphans", 100, "orphans of one peer within the window",
              "Core's limit for all orphans up to v29 (DEFAULT_MAX_ORPHAN_TRANSACTIONS)"},
    Parameter{"window_s", 600, "seconds",
              "half of the 20 minutes that Core kept an orphan up to v29 (ORPHAN_TX_EXPIRE_TIME)"},
};

class OrphanFlood : public Detector {
public:
    OrphanFlood(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, orphans_{hooks}
    {
        hooks.rejected += [this](const Moment& at, const Peer& peer, const auto& rejected) {
            if (!is_patched_ && lacks_parents(rejected)) add(at, peer);
        };
        // A node with our patch says it better: here the rejection has been counted just before, once.
        hooks.orphan_added += [this](const Moment& at, const Peer& peer, const auto&) {
            if (is_patched_) add(at, peer);
            is_patched_ = true;
        };
    }

private:
    void add(const Moment& at, const Peer& peer)
    {
        Window& window = orphans_[peer];
        window.add(at.time, time(kWindow), 1);
        alarms().judge(at, Subject::of(peer), {{"orphans", window.sum(at.time, time(kWindow)), threshold(kOrphans)}});
    }

    PerPeer<Window> orphans_;
    bool is_patched_ = false;
};

} // namespace

extern const Definition kOrphanFlood = {
    .kind = "orphan_flood",
    .text = "sends transactions whose parents are unknown",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 75,
    .parameters = kParameters,
    .make = make_detector<OrphanFlood>,
};

} // namespace peer_observer::detector
