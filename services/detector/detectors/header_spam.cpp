// header_spam: a peer sends message after message of headers that bring no block, or begins one chain again and again.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/inventory.h"
#include "services/detector/latest_things.h"
#include "services/detector/per_peer.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kMessages, kRestarts, kWindow };
constexpr std::array kParameters = {
    Parameter{"messages", 60,
              "headers messages with 1 to 1999 headers from one peer within the window, minus the blocks that the node "
              "connected",
              "chosen: there is one block per ten minutes, and an honest peer announces it once"},
    Parameter{"restarts", 20,
              "full messages of headers, of 2000, of one peer within the window that begin where two before them began",
              "chosen: Core reads a chain of headers twice at most (headerssync.h), and asks again after a timeout"},
    Parameter{"window_s", 600, "seconds", "the mean time between blocks"},
};

constexpr int kFullMessage = 2000; // Core's MAX_HEADERS_RESULTS: more follow, as in the first synchronization

class HeaderSpam : public Detector {
public:
    HeaderSpam(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}, peers_{hooks}
    {
        hooks.block_connected += [this](const Moment& at, const auto&) { blocks_.add(at.time, time(kWindow), 1); };
        hooks.inbound(proto::MessagePayload::kHeaders) +=
            [this](const Moment& at, const Peer& peer, const auto& message) {
                const auto& headers = message.payload().headers().headers();
                if (headers.size() >= kFullMessage)
                    received_full(at, peer, short_hash(headers[0].previous_block_hash()));
                else if (!headers.empty())
                    received(at, peer);
            };
    }

private:
    struct State {
        Window messages;
        LatestThings<64> begun; ///< where full messages began
        LatestThings<64> begun_twice;
        Window restarts;
    };

    void received(const Moment& at, const Peer& peer)
    {
        Window& window = peers_[peer].messages;
        window.add(at.time, time(kWindow), 1);
        const double blocks = blocks_.sum(at.time, time(kWindow));
        alarms().judge(at, Subject::of(peer),
                       {{"messages of headers beyond the blocks", window.sum(at.time, time(kWindow)) - blocks,
                         threshold(kMessages)},
                        {"blocks connected", blocks}});
    }

    void received_full(const Moment& at, const Peer& peer, std::uint64_t beginning)
    {
        State& state = peers_[peer];
        if (!state.begun.insert(beginning) || !state.begun_twice.insert(beginning)) return;
        state.restarts.add(at.time, time(kWindow), 1);
        alarms().judge(at, Subject::of(peer),
                       {{"full messages of headers that begin as others before",
                         state.restarts.sum(at.time, time(kWindow)), threshold(kRestarts)}});
    }

    PerPeer<State> peers_;
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
