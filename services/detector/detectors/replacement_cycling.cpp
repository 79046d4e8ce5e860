// replacement_cycling: a host replaces what others have sent, and then its own replacement, so that nothing is left.
#include "libs/base/lru_map.h"
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/per_subject.h"
#include "services/detector/window.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kCycles, kWindow };
constexpr std::array kParameters = {
    Parameter{"cycles", 3,
              "times within the window that one host replaced another's transaction, and then its own replacement, so "
              "that no transaction spends the coin any longer",
              "chosen: a wallet that recombines payments may do so once"},
    Parameter{"window_s", 3600, "seconds", "chosen: a victim rebroadcasts about once per block"},
};

constexpr std::size_t kMostContested = 4096;

class ReplacementCycling : public Detector {
public:
    ReplacementCycling(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        hooks.replaced += [this, &hooks](const Moment& at, const Peer& peer, const proto::MempoolReplaced& replaced) {
            const auto* before = hooks.transactions.find(replaced.replaced_txid());
            const auto* after = hooks.transactions.find(replaced.replacement_txid());
            if (before != nullptr && after != nullptr) compare(at, peer, *before, *after);
        };
    }

private:
    using Coins = std::vector<Outpoint>;

    void compare(const Moment& at, const Peer& peer, const SentTransaction& before, const SentTransaction& after)
    {
        Coins both;
        Coins freed;
        std::ranges::set_intersection(before.coins, after.coins, std::back_inserter(both));
        std::ranges::set_difference(before.coins, after.coins, std::back_inserter(freed));
        bool is_cycle = false;
        for (const auto& coin : freed) {
            const std::uint64_t* taker = contested_.find(outpoint_key(coin));
            if (taker == nullptr || *taker != before.sender || before.sender != after.sender) continue;
            is_cycle = true;
            contested_.erase(outpoint_key(coin));
        }
        if (before.sender != after.sender)
            for (const auto& coin : both)
                contested_[outpoint_key(coin)] = after.sender;
        if (!is_cycle) return;
        Window& cycles = cycles_[peer];
        cycles.add(at.time, time(kWindow), 1);
        alarms().judge(
            at, Subject::of(peer),
            {{"coins of others that are spent by nothing", cycles.sum(at.time, time(kWindow)), threshold(kCycles)}});
    }

    base::LruMap<std::uint64_t, std::uint64_t> contested_{
        kMostContested}; ///< coins, and who has taken each from another
    PerSubject<Window> cycles_;
};

} // namespace

extern const Definition kReplacementCycling = {
    .kind = "replacement_cycling",
    .text = "replaces what others have sent until nothing is left of it",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 75,
    .parameters = kParameters,
    .make = make_detector<ReplacementCycling>,
};

} // namespace peer_observer::detector
