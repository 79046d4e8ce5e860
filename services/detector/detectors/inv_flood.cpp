// inv_flood: a peer announces transactions that it does not deliver when it is asked.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/inventory.h"
#include "services/detector/per_subject.h"
#include "services/detector/spread.h"
#include "services/detector/window.h"

#include <array>
#include <deque>
#include <map>
#include <unordered_map>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kUndelivered, kShare, kFew, kFewShare, kNodeFew, kPatience, kLate, kWindow };
constexpr std::array kParameters = {
    Parameter{"undelivered", 100, "transactions within the window that were announced, requested and not delivered",
              "the number that Core requests from a peer at a time (MAX_PEER_TX_REQUEST_IN_FLIGHT)"},
    Parameter{"share", 0.5, "share of the requested transactions",
              "chosen: a peer whose transactions are replaced or evicted meanwhile still delivers most"},
    Parameter{"few", 20,
              "transactions, or parents of what the peer had sent, that were not delivered by a peer that delivers "
              "almost nothing",
              "chosen: an honest peer has what it announces, and the parents of what it sends"},
    Parameter{"few_share", 0.95, "share of the requested transactions, or of the parents", "chosen: nearly nothing"},
    Parameter{"node_few", 40, "the same for all hosts below `few` together, of each what is above 2",
              "chosen: twice `few`; honest peers that deliver almost nothing are rare"},
    Parameter{"patience_s", 60, "seconds after which a transaction counts as not delivered",
              "when Core asks another peer (GETDATA_TX_INTERVAL)"},
    Parameter{"late_s", 40,
              "seconds after which a transaction was delivered late, while the node processes messages of others",
              "chosen: two thirds of what Core waits; a peer over Tor needs a few seconds"},
    Parameter{"window_s", 600, "seconds", "chosen: ten times the patience"},
};

// Twice what Core remembers of a peer's announcements (MAX_PEER_TX_ANNOUNCEMENTS).
constexpr std::size_t kMostRequests = 10'000;
// What is younger when a peer leaves may have been on its way.
constexpr Time kBeforeLeaving = 5 * kSecond;
constexpr double kNeeded = 2; // of a host whose only transactions were replaced meanwhile

class InvFlood : public Detector {
public:
    InvFlood(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, pace_{hooks.pace}
    {
        using Payload = proto::MessagePayload;
        hooks.outbound(Payload::kGetdata) += [this](const Moment& at, const Peer& peer, const auto& message) {
            for (const auto& item : message.payload().getdata().items())
                if (is_transaction(item))
                    requested(at, peer, short_hash(item.hash()), item.type() == proto::InventoryItem::WTX);
        };
        hooks.inbound(Payload::kTx) += [this](const Moment& at, const Peer& peer, const auto& message) {
            const auto asked = asked_.find(peer.id);
            if (asked == asked_.end()) return;
            const auto& tx = message.payload().tx();
            for (const auto hash : {short_hash(tx.txid()), short_hash(tx.wtxid())}) {
                const auto request = asked->second.open.find(hash);
                if (request == asked->second.open.end()) continue;
                delivered(at, peer, request->second);
                asked->second.open.erase(request);
            }
        };
        hooks.inbound(Payload::kNotfound) += [this](const Moment& at, const Peer& peer, const auto& message) {
            const auto asked = asked_.find(peer.id);
            if (asked == asked_.end()) return;
            Failed failed;
            for (const auto& item : message.payload().notfound().items()) {
                const auto request = asked->second.open.find(short_hash(item.hash()));
                if (request == asked->second.open.end()) continue;
                failed.add(request->second.by_wtxid);
                asked->second.open.erase(request);
            }
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
    struct Request {
        Time time = 0;
        bool by_wtxid = true; ///< else it may be the parent of an orphan
        NodePace::Mark mark;
    };
    struct Asked {
        Peer peer;
        std::unordered_map<std::uint64_t, Request> open; ///< by short hash
        std::deque<std::pair<Time, std::uint64_t>> order;
    };
    struct Counts {
        Window delivered;
        Window failed;
    };
    struct State {
        Counts by_wtxid;
        Counts by_txid;
        Window late;
    };
    struct Failed {
        double by_wtxid = 0;
        double by_txid = 0;
        void add(bool is_wtxid) { ++(is_wtxid ? by_wtxid : by_txid); }
    };

    static Counts& sort(State& state, bool by_wtxid) { return by_wtxid ? state.by_wtxid : state.by_txid; }

    /// How many requests have become as old as that. They are forgotten.
    static Failed expire(Asked& asked, Time now, Time patience)
    {
        Failed failed;
        while (!asked.order.empty() && asked.order.front().first + patience <= now)
            drop_oldest(asked, failed);
        return failed;
    }

    /// Counted if it is still open.
    static void drop_oldest(Asked& asked, Failed& failed)
    {
        const auto [when, hash] = asked.order.front();
        asked.order.pop_front();
        const auto found = asked.open.find(hash);
        if (found == asked.open.end() || found->second.time != when) return;
        failed.add(found->second.by_wtxid);
        asked.open.erase(found);
    }

    void requested(const Moment& at, const Peer& peer, std::uint64_t hash, bool by_wtxid)
    {
        Asked& asked = asked_[peer.id];
        if (asked.order.empty()) asked.peer = peer;
        Failed too_many;
        if (asked.order.size() >= kMostRequests) drop_oldest(asked, too_many);
        if (asked.open.try_emplace(hash, at.time, by_wtxid, pace_.mark()).second)
            asked.order.emplace_back(at.time, hash);
    }

    void delivered(const Moment& at, const Peer& peer, const Request& request)
    {
        State& state = subjects_[peer];
        Counts& counts = sort(state, request.by_wtxid);
        counts.delivered.add(at.time, time(kWindow), 1);
        if (pace_.seconds_since(request.mark) < threshold(kLate)) return;
        state.late.add(at.time, time(kWindow), 1);
        const double late = state.late.sum(at.time, time(kWindow));
        alarms().judge(
            at, Subject::of(peer),
            {{"delivered late", late, threshold(kFew)},
             {"share of the delivered", late / counts.delivered.sum(at.time, time(kWindow)), threshold(kShare)}});
    }

    void judge(const Moment& at, const Peer& peer, const Failed& failed)
    {
        if (failed.by_wtxid + failed.by_txid == 0) return;
        State& state = subjects_[peer];
        state.by_wtxid.failed.add(at.time, time(kWindow), failed.by_wtxid);
        state.by_txid.failed.add(at.time, time(kWindow), failed.by_txid);
        const auto sum = [&](Window& window) { return window.sum(at.time, time(kWindow)); };
        const double parents = sum(state.by_txid.failed);
        const double all_parents = parents + sum(state.by_txid.delivered);
        const double undelivered = sum(state.by_wtxid.failed) + parents;
        const double all = sum(state.by_wtxid.failed) + sum(state.by_wtxid.delivered) + all_parents;
        const auto tell = [&](std::string_view what, double few, double of, double least, double share) {
            if (few > 0)
                alarms().judge(at, Subject::of(peer), {{what, few, least}, {"share undelivered", few / of, share}});
        };
        if (undelivered / all >= threshold(kFewShare))
            spread_.judge(alarms(), at, peer, failed.by_wtxid + failed.by_txid,
                          {"undelivered", undelivered, threshold(kFew)}, time(kWindow), kNeeded, threshold(kNodeFew));
        tell("undelivered", undelivered, all, threshold(kUndelivered), threshold(kShare));
        tell("undelivered, nearly all", undelivered, all, threshold(kFew), threshold(kFewShare));
        tell("parents undelivered, nearly all", parents, all_parents, threshold(kFew), threshold(kFewShare));
    }

    std::map<std::int64_t, Asked> asked_; ///< by peer id, so that a tick judges in the same order each time
    PerSubject<State> subjects_;
    Spread spread_;
    const NodePace& pace_;
};

} // namespace

extern const Definition kInvFlood = {
    .kind = "inv_flood",
    .text = "announces transactions that it does not deliver, or late",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 80,
    .parameters = kParameters,
    .make = make_detector<InvFlood>,
};

} // namespace peer_observer::detector
