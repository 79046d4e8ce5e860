// first_announcer: what the node hears of transactions or blocks comes first from the same host nearly every time.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/inventory.h"
#include "services/detector/lru_map.h"
#include "services/detector/window.h"

#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kTransactions, kTransactionsShare, kBlocks, kBlocksShare, kOthers, kWindow };
constexpr std::array kParameters = {
    Parameter{"transactions", 100, "transactions that one site announced first, within the window",
              "chosen: so many give the share a meaning"},
    Parameter{"transactions_share", 0.9, "of all transactions, announced first by it",
              "chosen: among ten peers, the fastest is first for a third"},
    Parameter{"blocks", 6, "blocks that one site announced first, within the window", "chosen: an hour's worth"},
    Parameter{"blocks_share", 0.9, "of all blocks, announced first by it",
              "chosen: a peer near to miners is first for most blocks, but not for nearly all"},
    Parameter{"others", 3, "other peers that announce, too", "chosen: among two, one is first by chance"},
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
                if (is_transaction(item)) transactions_.told(*this, at, peer, short_hash(item.hash()));
                if (is_block(item)) blocks_.told(*this, at, peer, short_hash(item.hash()));
            }
        };
        // An announcement has one, or a few after a reorganisation: more are an answer.
        hooks.inbound(Payload::kHeaders) += [this](const Moment& at, const Peer& peer, const auto& message) {
            const auto& headers = message.payload().headers().headers();
            if (headers.size() > kMostAnnounced) return;
            for (const auto& header : headers)
                blocks_.told(*this, at, peer, short_hash(header.hash()));
        };
        hooks.inbound(Payload::kBlock) += [this](const Moment& at, const Peer& peer, const auto& message) {
            blocks_.told(*this, at, peer, short_hash(message.payload().block().header().hash()));
        };
        hooks.inbound(Payload::kCmpctblock) += [this](const Moment& at, const Peer& peer, const auto& message) {
            blocks_.told(*this, at, peer, short_hash(message.payload().cmpctblock().header().hash()));
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

    /// Who is first with things of one sort that others announce, too: what nobody else announces may be made up.
    struct Race {
        struct First {
            std::uint64_t thing = 0;
            std::string group; ///< empty once it has been counted
        };
        static constexpr std::size_t kPlaces = 2048; // of 14 transactions a second, those of the last two minutes

        std::string_view name;
        std::size_t least;
        std::size_t share;
        std::vector<First> latest{};
        Window all{};
        LruMap<std::string, Window> groups{kMostGroups};
        std::set<std::int64_t> announcers{}; ///< connections that have announced any

        void clear()
        {
            latest.clear();
            all = {};
            groups.clear();
        }

        void told(FirstAnnouncer& rule, const Moment& at, const Peer& peer, std::uint64_t thing)
        {
            announcers.insert(peer.id);
            if (!peer.has_own_host()) return;
            if (latest.empty()) latest.resize(kPlaces);
            First& first = latest[thing % kPlaces];
            if (first.thing != thing) {
                first = {thing, peer.site};
                return;
            }
            if (first.group.empty() || first.group == peer.site) return;
            const Time window_s = rule.time(kWindow);
            all.add(at.time, window_s, 1);
            Window& group = groups[first.group];
            group.add(at.time, window_s, 1);
            const double firsts = group.sum(at.time, window_s);
            rule.alarms().judge(
                at, Subject::of_group(first.group, nullptr),
                {{name, firsts, rule.threshold(least)},
                 {"share of all", firsts / all.sum(at.time, window_s), rule.threshold(share)},
                 {"other peers that announce", static_cast<double>(announcers.size()) - 1, rule.threshold(kOthers)}});
            first.group.clear();
        }
    };

    Race transactions_{"transactions announced first", kTransactions, kTransactionsShare};
    Race blocks_{"blocks announced first", kBlocks, kBlocksShare};
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
