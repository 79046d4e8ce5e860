// first_announcer: what the node hears of transactions or blocks comes first from the same host nearly every time.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/inventory.h"
#include "services/detector/lru_map.h"
#include "services/detector/per_subject.h"
#include "services/detector/recent_hashes.h"
#include "services/detector/window.h"

#include <array>
#include <set>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kTransactions, kTransactionsShare, kBlocks, kBlocksShare, kOthers, kWindow };
constexpr std::array kParameters = {
    Parameter{"transactions", 500, "transactions that one subnet announced first, within the window",
              "chosen: so many give the share a meaning"},
    Parameter{"transactions_share", 0.75, "of all transactions, announced first by it",
              "chosen: among ten peers, the fastest is first for a third"},
    Parameter{"blocks", 12, "blocks that one subnet announced first, within the window", "chosen: two hours' worth"},
    Parameter{"blocks_share", 0.9, "of all blocks, announced first by it",
              "chosen: a peer near to miners is first for most blocks, but not for nearly all"},
    Parameter{"others", 7, "other peers that announce, too", "chosen: one less than the outbound connections of Core"},
    Parameter{"window_s", 7200, "seconds", "chosen: a dozen blocks"},
};

constexpr std::size_t kMostGroups = 4096;

class FirstAnnouncer : public Detector {
public:
    FirstAnnouncer(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        using Payload = proto::MessagePayload;
        hooks.inbound(Payload::kInv) += [this](const Moment& at, const Peer& peer, const auto& message) {
            for (const auto& item : message.payload().inv().items()) {
                if (is_transaction(item)) transactions_.told(*this, at, peer, item.hash());
                if (is_block(item)) blocks_.told(*this, at, peer, item.hash());
            }
        };
        // An announcement has one, or a few after a reorganisation: more are an answer.
        hooks.inbound(Payload::kHeaders) += [this](const Moment& at, const Peer& peer, const auto& message) {
            const auto& headers = message.payload().headers().headers();
            if (headers.size() > kMostAnnounced) return;
            for (const auto& header : headers)
                blocks_.told(*this, at, peer, header.hash());
        };
        hooks.inbound(Payload::kCmpctblock) += [this](const Moment& at, const Peer& peer, const auto& message) {
            blocks_.told(*this, at, peer, message.payload().cmpctblock().header().hash());
        };
        hooks.forgotten += [this](const Moment&, const Peer& peer) {
            transactions_.announcers.erase(peer.id);
            blocks_.announcers.erase(peer.id);
        };
        hooks.gap += [this](const Moment&) { // somebody may have been first
            transactions_.clear();
            blocks_.clear();
        };
    }

private:
    static constexpr int kMostAnnounced = 8; // Core's MAX_BLOCKS_TO_ANNOUNCE (net_processing.cpp)

    /// Who is first with things of one sort. 64 KiB for transactions: 14 a second are 16,800 in a generation.
    template <std::size_t kBits>
    struct Race {
        std::string_view name;
        std::size_t least;
        std::size_t share;
        BasicRecentHashes<kBits, 1'200 * kSecond> known{};
        Window all{};
        LruMap<std::string, Window> groups{kMostGroups};
        std::set<std::int64_t> announcers{}; ///< connections that have announced any

        void clear()
        {
            all = {};
            groups.clear();
        }

        void told(FirstAnnouncer& rule, const Moment& at, const Peer& peer, const std::string& hash)
        {
            announcers.insert(peer.id);
            if (known.contains(hash)) return;
            known.insert(at.time, hash);
            const Time window_s = rule.time(kWindow);
            all.add(at.time, window_s, 1);
            const bool has_host = peer.has_own_host();
            Window& group = groups[has_host ? peer.subnet : subject_key(peer)];
            group.add(at.time, window_s, 1);
            const double first = group.sum(at.time, window_s);
            rule.alarms().judge(
                at, has_host ? Subject::of_group(peer.subnet, &peer) : Subject::of(peer),
                {{name, first, rule.threshold(least)},
                 {"share of all", first / all.sum(at.time, window_s), rule.threshold(share)},
                 {"other peers that announce", static_cast<double>(announcers.size()) - 1, rule.threshold(kOthers)}});
        }
    };

    Race<1U << 18U> transactions_{"transactions announced first", kTransactions, kTransactionsShare};
    Race<1U << 12U> blocks_{"blocks announced first", kBlocks, kBlocksShare};
};

} // namespace

extern const Definition kFirstAnnouncer = {
    .kind = "first_announcer",
    .text = "is nearly always the first to announce",
    .severity = proto::AnomalyReport::INFO,
    .confidence_percent = 50,
    .parameters = kParameters,
    .make = make_detector<FirstAnnouncer>,
};

} // namespace peer_observer::detector
