// tx_probe: a peer asks for transactions that were never announced to it, to learn whether the node has them.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/inventory.h"
#include "services/detector/latest_announcements.h"
#include "services/detector/per_peer.h"
#include "services/detector/recent_hashes.h"
#include "services/detector/window.h"

#include <array>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kRequests, kFresh, kFreshTime, kWindow };
constexpr std::array kParameters = {
    Parameter{"requests", 20,
              "transactions within the window that the peer requested and that were not announced to it",
              "chosen: a node requests what was announced to it, or parents of what was sent to it; neither counts"},
    Parameter{"fresh_requests", 6, "of these, transactions that another peer had just sent or announced to the node",
              "chosen: less than a third of `requests`, because no peer requests such a transaction by chance"},
    Parameter{"fresh_s", 60, "seconds for which a transaction counts as just announced",
              "chosen: Core announces accepted transactions to each peer within some seconds "
              "(INBOUND_INVENTORY_BROADCAST_INTERVAL)"},
    Parameter{"window_s", 600, "seconds", "chosen: mapping a network takes minutes of requests"},
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
        hooks.inbound(Payload::kInv) += [this](const Moment& at, const Peer& peer, const auto& message) {
            for (const auto& item : message.payload().inv().items())
                if (is_transaction(item)) told(at, peer, item.hash());
        };
        hooks.inbound(Payload::kTx) += [this](const Moment& at, const Peer& peer, const auto& message) {
            const auto& tx = message.payload().tx();
            told(at, peer, tx.txid());
            told(at, peer, tx.wtxid());
            // To whom the node announces it, it may come from somebody else; Core asks all who announced it for
            // parents.
            for (const auto& input : tx.inputs())
                parents_.insert(at.time, input.previous_txid());
        };
        hooks.inbound(Payload::kGetdata) += [this](const Moment& at, const Peer& peer, const auto& message) {
            requested(at, peer, message.payload().getdata());
        };
    }

private:
    struct State {
        RecentHashes announced;
        Window requests;
        Window fresh;
    };

    void told(const Moment& at, const Peer& peer, const std::string& hash)
    {
        told_.insert(at.time, time(kFreshTime), short_hash(hash), peer.id);
    }

    void requested(const Moment& at, const Peer& peer, const proto::Inventory& getdata)
    {
        if (!peer.from_start && at.time < peer.complete_since + kSettling) return;
        State& state = peers_[peer];
        double unknown = 0;
        double fresh = 0;
        for (const auto& item : getdata.items()) {
            const std::uint64_t hash = short_hash(item.hash());
            if (!is_transaction(item) || state.announced.contains(hash) || parents_.contains(hash)) continue;
            ++unknown;
            if (told_.is_of_another(at.time, time(kFreshTime), hash, peer.id)) ++fresh;
        }
        if (unknown == 0) return;
        state.requests.add(at.time, time(kWindow), unknown);
        alarms().judge(at, Subject::of(peer),
                       {{"transactions asked for and not announced", state.requests.sum(at.time, time(kWindow)),
                         threshold(kRequests)}});
        if (fresh == 0) return;
        state.fresh.add(at.time, time(kWindow), fresh);
        alarms().judge(at, Subject::of(peer),
                       {{"asked for just after another peer had announced them",
                         state.fresh.sum(at.time, time(kWindow)), threshold(kFresh)}});
    }

    PerPeer<State> peers_;
    LatestAnnouncements told_;
    /// Of what the node was sent in the last 10 to 20 minutes: 64 KiB. 14 transactions a second of 2.5 inputs are
    /// 21,000 in a generation.
    BasicRecentHashes<262'144, 600 * kSecond> parents_;
};

} // namespace

extern const Definition kTxProbe = {
    .kind = "tx_probe",
    .text = "asks for transactions that were not announced to it",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 75,
    .parameters = kParameters,
    .make = make_detector<TxProbe>,
};

} // namespace peer_observer::detector
