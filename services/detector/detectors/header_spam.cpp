// header_spam: a peer sends message after message of headers that bring no block.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/per_peer.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kMessages, kWindow };
constexpr std::array kParameters = {
    Parameter{"messages", 60,
              "headers messages with 1 to 1999 headers from one peer within the window, minus the blocks that the node "
              "connected",
              "chosen: there is one block per ten minutes, and an honest peer announces it once"},
    Parameter{"window_s", 600, "seconds", "the mean time between blocks"},
};

constexpr int kFullMessage = 2000; // Core's MAX_HEADERS_RESULTS: more follow, as in the first synchronization

class HeaderSpam : public Detector {
public:
    HeaderSpam(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, messages_{hooks}
    {
        hooks.block_connected += [this](const Moment& at, const auto&) { blocks_.add(at.time, time(kWindow), 1); };
        hooks.inbound(proto::MessagePayload::kHeaders) +=
            [this](const Moment& at, const Peer& peer, const auto& message) {
                const int headers = message.payload().headers().headers_size();
                if (headers > 0 && headers < kFullMessage) received(at, peer);
            };
    }

private:
    void received(const Moment& at, const Peer& peer)
    {
        Window& window = messages_[peer];
        window.add(at.time, time(kWindow), 1);
        const double blocks = blocks_.sum(at.time, time(kWindow));
        alarms().judge(at, Subject::of(peer),
                       {{"messages of headers beyond the blocks", window.sum(at.time, time(kWindow)) - blocks,
                         threshold(kMessages)},
                        {"blocks connected", blocks}});
    }

    PerPeer<Window> messages_;
    Window blocks_;
};

} // namespace

extern const Definition kHeaderSpam = {
    .kind = "header_spam",
    .text = "sends headers again and again that bring no block",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 70,
    .parameters = kParameters,
    .make = make_detector<HeaderSpam>,
};

} // namespace peer_observer::detector
