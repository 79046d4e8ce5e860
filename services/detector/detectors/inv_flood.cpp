// inv_flood: a peer announces transactions that it does not deliver when it is asked.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/inventory.h"
#include "services/detector/per_subject.h"
#include "services/detector/window.h"

#include <array>
#include <deque>
#include <map>
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
// What is younger when a peer leaves may have been on its way.
constexpr Time kBeforeLeaving = 5 * kSecond;

class InvFlood : public Detector {
public:
    InvFlood(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        using Payload = proto::MessagePayload;
        hooks.outbound(Payload::kGetdata) += [this](const Moment& at, const Peer& peer, const auto& message) {
            for (const auto& item : message.payload().getdata().items())
                if (is_transaction(item)) requested(at, peer, short_hash(item.hash()));
        };
        hooks.inbound(Payload::kTx) += [this](const Moment& at, const Peer& peer, const auto& message) {
            const auto asked = asked_.find(peer.id);
            if (asked == asked_.end()) return;
            const auto& tx = message.payload().tx();
            auto& open = asked->second.open;
            if (open.erase(short_hash(tx.txid())) + open.erase(short_hash(tx.wtxid())) > 0)
                subjects_[peer].delivered.add(at.time, time(kWindow), 1);
        };
        hooks.inbound(Payload::kNotfound) += [this](const Moment& at, const Peer& peer, const auto& message) {
            const auto asked = asked_.find(peer.id);
            if (asked == asked_.end()) return;
            double failed = 0;
            for (const auto& item : message.payload().notfound().items())
                failed += static_cast<double>(asked->second.open.erase(short_hash(item.hash())));
            judge(at, peer, failed);
        };
        // One that stays silent is found by the time that passes; one that leaves before, when it leaves.
        hooks.tick += [this](const Moment& at) {
            for (auto& [id, asked] : asked_)
                judge(at, asked.peer, expire(asked, at.time, time(kPatience)));
        };
        hooks.forgotten += [this](const Moment& at, const Peer& peer) {
            const auto asked = asked_.find(peer.id);
            if (asked == asked_.end()) return;
            judge(at, peer, expire(asked->second, at.time, kBeforeLeaving));
            asked_.erase(asked);
        };
        // Deliveries may be what is missing.
        hooks.gap += [this](const Moment&) { asked_.clear(); };
    }

private:
    struct Asked {
        Peer peer;
        std::unordered_map<std::uint64_t, Time> open; ///< requests, by short hash
        std::deque<std::pair<Time, std::uint64_t>> order;
    };
    struct State {
        Window delivered;
        Window failed;
    };

    /// How many requests have become as old as that. They are forgotten.
    static double expire(Asked& asked, Time now, Time patience)
    {
        double failed = 0;
        while (!asked.order.empty() && asked.order.front().first + patience <= now)
            failed += drop_oldest(asked);
        return failed;
    }

    /// 1 if it is still open.
    static double drop_oldest(Asked& asked)
    {
        const auto [when, hash] = asked.order.front();
        asked.order.pop_front();
        const auto found = asked.open.find(hash);
        if (found == asked.open.end() || found->second != when) return 0;
        asked.open.erase(found);
        return 1;
    }

    void requested(const Moment& at, const Peer& peer, std::uint64_t hash)
    {
        Asked& asked = asked_[peer.id];
        if (asked.order.empty()) asked.peer = peer;
        if (asked.order.size() >= kMostRequests) drop_oldest(asked);
        if (asked.open.try_emplace(hash, at.time).second) asked.order.emplace_back(at.time, hash);
    }

    void judge(const Moment& at, const Peer& peer, double failed)
    {
        if (failed == 0) return;
        State& state = subjects_[peer];
        state.failed.add(at.time, time(kWindow), failed);
        const double undelivered = state.failed.sum(at.time, time(kWindow));
        const double all = undelivered + state.delivered.sum(at.time, time(kWindow));
        alarms().judge(at, Subject::of(peer),
                       {{"undelivered", undelivered, threshold(kUndelivered)},
                        {"share undelivered", undelivered / all, threshold(kShare)}});
    }

    std::map<std::int64_t, Asked> asked_; ///< by peer id, so that a tick judges in the same order each time
    PerSubject<State> subjects_;
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
