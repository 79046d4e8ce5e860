// invalid_block: a peer sends blocks or headers that break the rules of consensus.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/misbehaviour.h"
#include "services/detector/per_peer.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kBlocks, kWindow };
constexpr std::array kParameters = {
    Parameter{"blocks", 1, "blocks or headers within the window for which Core punished the peer",
              "no working peer sends one"},
    Parameter{"window_s", 3600, "seconds", "chosen: one is enough; this is how long it is remembered"},
};

class InvalidBlock : public Detector {
public:
    InvalidBlock(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, blocks_{hooks}
    {
        hooks.misbehaving += [this](const Moment& at, const Peer& peer, const auto& misbehaving) {
            if (!is_about_blocks(misbehaving.reason(), peer)) return;
            Window& window = blocks_[peer];
            window.add(at.time, time(kWindow), 1);
            this->alarms().judge(
                at, Subject::of(peer),
                {{"invalid blocks or headers", window.sum(at.time, time(kWindow)), threshold(kBlocks)}});
        };
    }

private:
    PerPeer<Window> blocks_;
};

} // namespace

extern const Definition kInvalidBlock = {
    .kind = "invalid_block",
    .text = "sends invalid blocks or headers",
    .severity = proto::AnomalyReport::CRITICAL,
    .confidence_percent = 90,
    .parameters = kParameters,
    .make = make_detector<InvalidBlock>,
};

} // namespace peer_observer::detector
