// tx_probe: a peer asks for transactions that were never announced to it, to learn whether the node has them.
#include "services/detector/alarms.h"
#include "services/detector/detectors.h"
#include "services/detector/inventory.h"
#include "services/detector/per_peer.h"
#include "services/detector/recent_hashes.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kRequests, kWindow };
constexpr std::array kParameters = {
    Parameter{
        "requests", 20, "transactions asked for and not announced, within the window",
        "chosen: a node asks for what was announced to it, or for parents of what was sent to it; neither counts"},
    Parameter{"window_s", 600, "seconds", "chosen"},
};

// What was announced before we looked may still be asked for: Core waits 60 seconds for each peer that it asks.
constexpr Time kSettling = 180 * kSecond;

class TxProbe : public Detector {
public:
    TxProbe(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}, peers_{hooks}
    {
        using Payload = proto::MessagePayload;
        hooks.outbound(Payload::kInv) += [this](const Moment& at, const Peer& peer, const auto& message) {
            State& state = peers_[peer];
            for (const auto& item : message.payload().inv().items())
                if (is_transaction(item)) state.announced.insert(at.time, item.hash());
        };
        hooks.outbound(Payload::kTx) += [this](const Moment& at, const Peer& peer, const auto& message) {
            // The receiver may lack its parents, and asks for them.
            State& state = peers_[peer];
            for (const auto& input : message.payload().tx().inputs())
                state.announced.insert(at.time, input.previous_txid());
        };
        hooks.inbound(Payload::kGetdata) += [this](const Moment& at, const Peer& peer, const auto& message) {
            requested(at, peer, message.payload().getdata());
        };
    }

private:
    struct State {
        RecentHashes announced;
        Window requests;
    };

    void requested(const Moment& at, const Peer& peer, const proto::Inventory& getdata)
    {
        if (!peer.from_start && at.time < peer.complete_since + kSettling) return;
        State& state = peers_[peer];
        double unknown = 0;
        for (const auto& item : getdata.items())
            if (is_transaction(item) && !state.announced.contains(item.hash())) ++unknown;
        if (unknown == 0) return;
        state.requests.add(at.time, time(kWindow), unknown);
        alarms().judge(at, Subject::of(peer),
                       {{"transactions asked for and not announced", state.requests.sum(at.time, time(kWindow)),
                         threshold(kRequests)}});
    }

    PerPeer<State> peers_;
};

} // namespace

const Definition kTxProbe = {
    .kind = "tx_probe",
    .text = "asks for transactions that were not announced to it",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 75,
    .parameters = kParameters,
    .make = make_detector<TxProbe>,
};

} // namespace peer_observer::detector
