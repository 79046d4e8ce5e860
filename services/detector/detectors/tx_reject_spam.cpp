// tx_reject_spam: a peer sends transactions that the node does not accept.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/per_peer.h"
#include "services/detector/rejections.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kRejections, kWindow };
constexpr std::array kParameters = {
    Parameter{"rejections", 100, "rejected transactions of one peer within the window",
              "chosen: one per six seconds; a peer with another policy has one now and then"},
    Parameter{"window_s", 600, "seconds", "chosen: with it, `rejections` is one per six seconds"},
};

class TxRejectSpam : public Detector {
public:
    TxRejectSpam(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, rejections_{hooks}
    {
        hooks.rejected += [this](const Moment& at, const Peer& peer, const auto& rejected) {
            if (lacks_parents(rejected) || is_known(rejected) || is_lost_replacement(rejected))
                return; // the first is for orphan_flood
            Window& window = rejections_[peer];
            window.add(at.time, time(kWindow), 1);
            this->alarms().judge(
                at, Subject::of(peer),
                {{"rejected transactions", window.sum(at.time, time(kWindow)), threshold(kRejections)}});
        };
    }

private:
    PerPeer<Window> rejections_;
};

} // namespace

extern const Definition kTxRejectSpam = {
    .kind = "tx_reject_spam",
    .text = "sends transactions that are rejected",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 70,
    .parameters = kParameters,
    .make = make_detector<TxRejectSpam>,
};

} // namespace peer_observer::detector
