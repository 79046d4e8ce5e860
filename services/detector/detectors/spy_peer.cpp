// spy_peer: a peer lets itself be told of transactions for a long time, asks for none and gives nothing.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/per_peer.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kAnnounced, kDuration };
constexpr std::array kParameters = {
    Parameter{"announced", 1000, "transactions announced to it",
              "chosen: at Core's rate of at most 7 a second this takes minutes, with few transactions about the hour"},
    Parameter{"duration_s", 3600, "seconds for which it has said nothing",
              "chosen: six times the mean time between blocks, each of which a node asks for or announces"},
};

class SpyPeer : public Detector {
public:
    SpyPeer(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}, peers_{hooks}
    {
        using Payload = proto::MessagePayload;
        hooks.outbound(Payload::kInv) += [this](const Moment& at, const Peer& peer, const auto& message) {
            if (peer.inbound) announced(at, peer, message.payload().inv().items_size());
        };
        for (const auto type : {Payload::kInv, Payload::kGetdata, Payload::kTx, Payload::kHeaders, Payload::kBlock,
                                Payload::kCmpctblock, Payload::kGetblocktxn, Payload::kFilterload})
            hooks.inbound(type) +=
                [this](const Moment&, const Peer& peer, const auto&) { peers_[peer].has_spoken = true; };
        hooks.gap += [this](const Moment&) { // it may have spoken meanwhile
            for (auto& [id, peer] : peers_)
                peer.announced = 0;
        };
    }

private:
    struct State {
        double announced = 0;
        bool has_spoken = false;
    };

    void announced(const Moment& at, const Peer& peer, int items)
    {
        State& state = peers_[peer];
        if (state.has_spoken) return;
        state.announced += items;
        const double silent_s = static_cast<double>(at.time - peer.complete_since) / kSecond;
        alarms().judge(at, Subject::of(peer),
                       {{"transactions announced to it", state.announced, threshold(kAnnounced)},
                        {"seconds", silent_s, threshold(kDuration)}},
                       peer.since);
    }

    PerPeer<State> peers_;
};

} // namespace

extern const Definition kSpyPeer = {
    .kind = "spy_peer",
    .text = "listens to transaction announcements, asks for nothing and gives nothing",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 80,
    .parameters = kParameters,
    .make = make_detector<SpyPeer>,
};

} // namespace peer_observer::detector
