// inv_backlog: more transactions wait for being announced than the node announces.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/inventory.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kShare, kLeast, kWindow };
constexpr std::array kParameters = {
    Parameter{"share", 0.5,
              "share of the node's inv messages with transactions that have more entries than Core's "
              "INVENTORY_BROADCAST_TARGET (70 since v31, 35 before)",
              "larger only if 1,000 or more transactions wait; chosen: a burst makes them large for one or two minutes "
              "of ten"},
    Parameter{"least", 100, "inv messages within the window", "chosen: about one per peer"},
    Parameter{"window_s", 600, "seconds", "chosen: several times as long as a burst"},
};

class InvBacklog : public Detector {
public:
    InvBacklog(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        hooks.outbound(proto::MessagePayload::kInv) +=
            [this, &hooks](const Moment& at, const Peer&, const auto& message) {
                const auto& items = message.payload().inv().items();
                if (!items.empty() && is_transaction(items[0]))
                    sent(at, items.size() > hooks.core.inventory_broadcast_target);
            };
    }

private:
    void sent(const Moment& at, bool is_large)
    {
        messages_.add(at.time, time(kWindow), 1);
        large_.add(at.time, time(kWindow), is_large ? 1 : 0);
        const double messages = messages_.sum(at.time, time(kWindow));
        alarms().judge(
            at, Subject::of_node(),
            {{"share of large inv messages", large_.sum(at.time, time(kWindow)) / messages, threshold(kShare)},
             {"inv messages", messages, threshold(kLeast)}});
    }

    Window messages_;
    Window large_;
};

} // namespace

extern const Definition kInvBacklog = {
    .kind = "inv_backlog",
    .text = "has a backlog of unannounced transactions",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 70,
    .parameters = kParameters,
    .make = make_detector<InvBacklog>,
};

} // namespace peer_observer::detector
