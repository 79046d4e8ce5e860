// tx_pinning: a host hangs transactions of a low fee rate on another's, whose fee can then hardly be raised.
#include "libs/base/lru_map.h"
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"

#include <array>
#include <map>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kDescendants, kRate };
constexpr std::array kParameters = {
    Parameter{
        "descendants", 20,
        "unconfirmed descendants of another peer's transaction that one host has sent and that pay less than `rate`",
        "chosen: nearly the 25 that Core allowed up to v30; since then a cluster may have 64 (policy/policy.h)"},
    Parameter{"rate", 0.5, "ratio to the fee rate of that transaction",
              "chosen: a wallet that spends its own change wants it to confirm, and does not pay so much less"},
};

constexpr std::size_t kMostMembers = 4096;
constexpr std::size_t kMostChains = 512;
constexpr std::size_t kMostHosts = 8; // of one chain

class TxPinning : public Detector {
public:
    TxPinning(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, transactions_{hooks.transactions}
    {
        hooks.accepted +=
            [this](const Moment& at, const Peer& peer, const proto::MempoolAdded& added) { accepted(at, peer, added); };
        hooks.block_connected += [this](const Moment&, const auto&) { // the next ones may descend from confirmed ones
            members_.clear();
            chains_.clear();
        };
    }

private:
    /// What descends from an unconfirmed transaction.
    struct Chain {
        std::uint64_t sender = 0; ///< of the first one
        double rate = 0;
        std::map<std::uint64_t, double> cheap; ///< descendants of other senders
    };

    void accepted(const Moment& at, const Peer& peer, const proto::MempoolAdded& added)
    {
        auto* sent = transactions_.find(added.txid());
        if (sent == nullptr || added.vsize_vbytes() <= 0) return;
        sent->rate = static_cast<double>(added.fee_sat()) / added.vsize_vbytes();
        Chain* chain = nullptr;
        for (const auto& coin : sent->coins)
            if (chain == nullptr) chain = chain_of(sent->id, coin.first);
        if (chain == nullptr || sent->sender == chain->sender || sent->rate >= threshold(kRate) * chain->rate) return;
        if (chain->cheap.size() == kMostHosts && !chain->cheap.contains(sent->sender)) return;
        alarms().judge(at, Subject::of(peer),
                       {{"cheap descendants", ++chain->cheap[sent->sender], threshold(kDescendants)},
                        {"fee rate of the transaction", chain->rate},
                        {"fee rate of the latest descendant", sent->rate}});
    }

    /// That of the parent, or a new one; null if the parent is not known to be unconfirmed.
    Chain* chain_of(std::uint64_t child, std::uint64_t parent)
    {
        std::uint64_t first = parent;
        if (const auto* found = members_.find(parent)) first = *found;
        if (const auto* root = transactions_.find(first); chains_.find(first) == nullptr) {
            if (root == nullptr || root->rate == 0) return nullptr;
            chains_[first] = {root->sender, root->rate, {}};
        }
        members_[child] = first;
        return &chains_[first];
    }

    LatestTransactions& transactions_;
    base::LruMap<std::uint64_t, std::uint64_t> members_{kMostMembers}; ///< the first one of the chain of each
    base::LruMap<std::uint64_t, Chain> chains_{kMostChains};
};

} // namespace

extern const Definition kTxPinning = {
    .kind = "tx_pinning",
    .text = "hangs cheap transactions on another's",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 60,
    .parameters = kParameters,
    .make = make_detector<TxPinning>,
};

} // namespace peer_observer::detector
