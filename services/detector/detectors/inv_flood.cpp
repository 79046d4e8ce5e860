// inv_flood: a peer announces transactions that it does not deliver when it is asked.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/inventory.h"
#include "services/detector/per_peer.h"
#include "services/detector/window.h"

#include <array>
#include <deque>
#include <unordered_map>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kUndelivered, kShare, kPatience, kWindow };
constexpr std::array kParameters = {
    Parameter{"undelivered", 100, "transactions that were announced, asked for and not delivered, within the window",
              "as many as Core asks a peer for at a time (MAX_PEER_TX_REQUEST_IN_FLIGHT)"},
    Parameter{"share", 0.5, "of what it was asked for, not delivered",
              "chosen: a peer whose transactions are replaced or evicted meanwhile still delivers most"},
    Parameter{"patience_s", 60, "seconds after which no delivery comes any more",
              "when Core asks another peer (GETDATA_TX_INTERVAL)"},
    Parameter{"window_s", 600, "seconds", "chosen: ten times the patience"},
};

// Twice what Core remembers of a peer's announcements (MAX_PEER_TX_ANNOUNCEMENTS).
constexpr std::size_t kMostRequests = 10'000;

class InvFlood : public Detector {
public:
    InvFlood(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}, peers_{hooks}
    {
        using Payload = proto::MessagePayload;
        hooks.outbound(Payload::kGetdata) += [this](const Moment& at, const Peer& peer, const auto& message) {
            for (const auto& item : message.payload().getdata().items())
                if (is_transaction(item)) requested(at, peer, short_hash(item.hash()));
        };
        hooks.inbound(Payload::kTx) += [this](const Moment& at, const Peer& peer, const auto& message) {
            const auto& tx = message.payload().tx();
            State& state = peers_[peer];
            if (state.open.erase(short_hash(tx.txid())) + state.open.erase(short_hash(tx.wtxid())) > 0)
                state.delivered.add(at.time, time(kWindow), 1);
        };
        hooks.inbound(Payload::kNotfound) += [this](const Moment& at, const Peer& peer, const auto& message) {
            State& state = peers_[peer];
            double failed = 0;
            for (const auto& item : message.payload().notfound().items())
                failed += static_cast<double>(state.open.erase(short_hash(item.hash())));
            judge(at, peer, state, failed);
        };
        // Deliveries may be what is missing.
        hooks.gap += [this](const Moment&) {
            for (auto& [id, state] : peers_) {
                state.open.clear();
                state.order.clear();
            }
        };
    }

private:
    struct State {
        std::unordered_map<std::uint64_t, Time> open; ///< requests, by short hash
        std::deque<std::pair<Time, std::uint64_t>> order;
        Window delivered;
        Window failed;
    };

    void requested(const Moment& at, const Peer& peer, std::uint64_t hash)
    {
        State& state = peers_[peer];
        double failed = 0;
        while (!state.order.empty() &&
               (state.order.front().first + time(kPatience) <= at.time || state.order.size() >= kMostRequests)) {
            const auto [when, old] = state.order.front();
            state.order.pop_front();
            const auto found = state.open.find(old);
            if (found == state.open.end() || found->second != when) continue;
            if (when + time(kPatience) <= at.time) ++failed;
            state.open.erase(found);
        }
        judge(at, peer, state, failed);
        if (!state.open.try_emplace(hash, at.time).second) return;
        state.order.emplace_back(at.time, hash);
    }

    void judge(const Moment& at, const Peer& peer, State& state, double failed)
    {
        if (failed == 0) return;
        state.failed.add(at.time, time(kWindow), failed);
        const double undelivered = state.failed.sum(at.time, time(kWindow));
        const double share = undelivered / (undelivered + state.delivered.sum(at.time, time(kWindow)));
        alarms().judge(at, Subject::of(peer),
                       {{"transactions not delivered", undelivered, threshold(kUndelivered)},
                        {"share not delivered", share, threshold(kShare)}});
    }

    PerPeer<State> peers_;
};

} // namespace

extern const Definition kInvFlood = {
    .kind = "inv_flood",
    .text = "announces transactions that it does not deliver",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 80,
    .parameters = kParameters,
    .make = make_detector<InvFlood>,
};

} // namespace peer_observer::detector
