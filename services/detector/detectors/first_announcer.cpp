// first_announcer: what the node hears of transactions or blocks comes first from the same host nearly every time.
#include "libs/base/lru_map.h"
#include "services/detector/alarms.h"
#include "services/detector/announced_addresses.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/inventory.h"
#include "services/detector/recent_hashes.h"
#include "services/detector/rejections.h"
#include "services/detector/window.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::detector {
namespace {

enum : std::size_t {
    kTransactions,
    kTransactionsShare,
    kBlocks,
    kBlocksShare,
    kAsShare,
    kAddresses,
    kAddressesShare,
    kConnections,
    kConflicts,
    kConflictsShare,
    kOthers,
    kBlocksOthers,
    kWindow
};
constexpr std::array kParameters = {
    Parameter{"transactions", 100, "transactions that one site announced first within the window",
              "chosen: with fewer, the share says little"},
    Parameter{"transactions_share", 0.9, "share of all transactions",
              "chosen: the fastest of ten peers is first for a third"},
    Parameter{"blocks", 6, "blocks that one site announced first within the window", "chosen: those of an hour"},
    Parameter{"blocks_share", 0.9, "share of all blocks",
              "chosen: a peer close to miners is first for most blocks, but not for nearly all"},
    Parameter{"as_share", 0.95, "share of all transactions or blocks that one AS announced first",
              "chosen: a hoster's AS may have an eighth of the peers, and these are faster than home connections"},
    Parameter{"addresses", 100, "addresses that one netgroup (/16, or /32 of IPv6) announced first within the window",
              "chosen: with fewer, the share says little"},
    Parameter{"addresses_share", 0.75, "share of all addresses", "chosen: honest nodes relay what others relay, too"},
    Parameter{"addresses_connections", 3, "connections of the netgroup that announce addresses",
              "chosen: addresses invented by a single host are for addr_unheard"},
    Parameter{"conflicts", 30,
              "transactions of other hosts that were rejected because one site had brought others that spend the same "
              "coins",
              "chosen: whoever is first with a replacement has a few; what it replaces comes before it nearly always"},
    Parameter{"conflicts_share", 0.9,
              "share of these among all transactions of other hosts that its own were in conflict with; the rest it "
              "replaced",
              "chosen: of an honest site's, nearly all are replaced"},
    Parameter{"others", 3, "other peers that also announce", "chosen: of two peers, one may be first by chance"},
    Parameter{"blocks_others", 7, "the same for blocks, where fewer than three connections of the site announce",
              "Core has eight outbound full-relay connections (net.h): one, and seven others"},
    Parameter{"window_s", 7200, "seconds", "chosen: a dozen blocks"},
};

constexpr std::size_t kMostGroups = 4096;

class FirstAnnouncer : public Detector {
public:
    FirstAnnouncer(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, knows_systems_{hooks.knows_systems()}, answers_{hooks}
    {
        using Payload = proto::MessagePayload;
        hooks.inbound(Payload::kInv) += [this](const Moment& at, const Peer& peer, const auto& message) {
            for (const auto& item : message.payload().inv().items()) {
                if (is_transaction(item)) told_transaction(at, peer, item.hash());
                if (is_block(item)) told_block(at, peer, item.hash());
            }
        };
        // An announcement has one, or a few after a reorganisation: more are an answer.
        hooks.inbound(Payload::kHeaders) += [this](const Moment& at, const Peer& peer, const auto& message) {
            const auto& headers = message.payload().headers().headers();
            if (headers.size() > kMostAnnounced) return;
            for (const auto& header : headers)
                told_block(at, peer, header.hash());
        };
        hooks.inbound(Payload::kBlock) += [this](const Moment& at, const Peer& peer, const auto& message) {
            told_block(at, peer, message.payload().block().header().hash());
        };
        hooks.inbound(Payload::kCmpctblock) += [this](const Moment& at, const Peer& peer, const auto& message) {
            told_block(at, peer, message.payload().cmpctblock().header().hash());
        };
        on_addresses(hooks, [this](const Moment& at, const Peer& peer, const proto::Addresses& addresses) {
            told_addresses(at, peer, addresses);
        });
        hooks.accepted += [this, &hooks](const Moment&, const Peer& peer, const proto::MempoolAdded& added) {
            if (const auto* sent = hooks.transactions.find(added.txid()); sent != nullptr && peer.has_own_host())
                for (const auto& coin : sent->coins)
                    spent_[outpoint_key(coin)] = {peer.site, sent->sender};
        };
        hooks.rejected += [this, &hooks](const Moment& at, const Peer&, const proto::MempoolRejected& rejected) {
            const auto* lost = hooks.transactions.find(rejected.txid());
            if (lost == nullptr || !is_lost_replacement(rejected)) return;
            for (const auto& coin : lost->coins)
                if (const Spent* spent = spent_.find(outpoint_key(coin));
                    spent != nullptr && spent->sender != lost->sender) {
                    conflicted(at, spent->site, true);
                    return;
                }
        };
        hooks.replaced += [this, &hooks](const Moment& at, const Peer& peer, const proto::MempoolReplaced& replaced) {
            const auto* before = hooks.transactions.find(replaced.replaced_txid());
            const auto* after = hooks.transactions.find(replaced.replacement_txid());
            if (before != nullptr && after != nullptr && before->sender != after->sender && peer.has_own_host())
                conflicted(at, peer.site, false);
        };
        hooks.forgotten += [this](const Moment&, const Peer& peer) {
            for (Race* race : {&transactions_, &blocks_, &transactions_by_as_, &blocks_by_as_, &addresses_})
                race->announcers.erase(peer.id);
        };
        hooks.gap += [this](const Moment&) { // somebody may have been first
            for (Race* race : {&transactions_, &blocks_, &transactions_by_as_, &blocks_by_as_, &addresses_})
                race->clear();
            conflicts_.clear(); // it may have replaced more
        };
    }

private:
    static constexpr double kFewConnections = 3;
    static constexpr int kMostAnnounced = 8; // Core's MAX_BLOCKS_TO_ANNOUNCE (net_processing.cpp)

    /// Who is first with things of one sort that others announce, too: what nobody else announces may be made up.
    struct Race {
        struct First {
            std::uint64_t thing = 0;
            std::uint64_t group = 0; ///< hash of its name; 0 once it has been counted
        };

        std::string_view name;
        std::size_t least;
        std::size_t share;
        bool is_by_as;
        std::size_t places; ///< for things, of which each has one
        std::vector<First> latest{};
        Window all{};
        base::LruMap<std::string, Window> groups{kMostGroups};
        std::map<std::int64_t, std::string> announcers{}; ///< connections that have announced any, and their groups

        void clear()
        {
            latest.clear();
            all = {};
            groups.clear();
        }
    };

    struct Spent {
        std::string site;
        std::uint64_t sender = 0;
    };
    struct Conflicts {
        Window lost;     ///< of others against its own
        Window replaced; ///< of others by its own
    };

    void conflicted(const Moment& at, const std::string& site, bool is_lost)
    {
        Conflicts& conflicts = conflicts_[site];
        (is_lost ? conflicts.lost : conflicts.replaced).add(at.time, time(kWindow), 1);
        if (!is_lost) return;
        const double lost = conflicts.lost.sum(at.time, time(kWindow));
        alarms().judge(at, Subject::of_group(site, nullptr),
                       {{"transactions of others that lost against its own", lost, threshold(kConflicts)},
                        {"share of those in conflict", lost / (lost + conflicts.replaced.sum(at.time, time(kWindow))),
                         threshold(kConflictsShare)}});
    }

    void told_transaction(const Moment& at, const Peer& peer, std::string_view hash)
    {
        told(at, peer, transactions_, transactions_by_as_, short_hash(hash));
    }
    void told_block(const Moment& at, const Peer& peer, std::string_view hash)
    {
        told(at, peer, blocks_, blocks_by_as_, short_hash(hash));
    }

    void told(const Moment& at, const Peer& peer, Race& by_site, Race& by_as, std::uint64_t thing)
    {
        told(at, peer, by_site, peer.site, thing);
        // A peer without one races for itself.
        if (knows_systems_) told(at, peer, by_as, peer.as.empty() ? peer.site : peer.as, thing);
    }

    void told(const Moment& at, const Peer& peer, Race& race, const std::string& mine, std::uint64_t thing)
    {
        race.announcers.try_emplace(peer.id, mine);
        if (!peer.has_own_host()) return;
        if (race.latest.empty()) race.latest.resize(race.places);
        Race::First& first = race.latest[thing % race.places];
        const std::uint64_t group = std::hash<std::string>{}(mine);
        if (first.thing != thing) {
            first = {thing, group};
            names_[group] = mine;
            return;
        }
        if (first.group == 0 || first.group == group) return;
        const std::string* name = names_.find(std::exchange(first.group, 0));
        if (name == nullptr) return;
        race.all.add(at.time, time(kWindow), 1);
        Window& window = race.groups[*name];
        window.add(at.time, time(kWindow), 1);
        if (!race.is_by_as || as_number(*name) != 0) judge(at, race, *name, window);
    }

    /// Of an address whoever tells it alone is the first, too: the node takes it all the same.
    void told_addresses(const Moment& at, const Peer& peer, const proto::Addresses& addresses)
    {
        const bool is_answer = answers_.take(peer, addresses);
        if (!is_answer) addresses_.announcers.try_emplace(peer.id, peer.netgroup);
        for (const auto& address : addresses.addresses()) {
            const std::uint64_t hash = std::hash<std::string_view>{}(address.address());
            const bool is_first = !heard_.contains(hash);
            heard_.insert(at.time, hash);
            if (!is_first || is_answer || !peer.has_own_host()) continue;
            addresses_.all.add(at.time, time(kWindow), 1);
            Window& window = addresses_.groups[peer.netgroup];
            window.add(at.time, time(kWindow), 1);
            judge(at, addresses_, peer.netgroup, window, threshold(kConnections));
        }
    }

    void judge(const Moment& at, Race& race, const std::string& group, Window& window, double connections = 0)
    {
        const double firsts = window.sum(at.time, time(kWindow));
        const auto others =
            std::ranges::count_if(race.announcers, [&](const auto& one) { return one.second != group; });
        const double own = static_cast<double>(race.announcers.size()) - static_cast<double>(others);
        // There are few blocks: of some peers the fastest may be first with all of them.
        const bool needs_more = race.least == kBlocks && own < kFewConnections;
        alarms().judge(at, Subject::of_group(group, nullptr),
                       {{race.name, firsts, threshold(race.least)},
                        {"share of all", firsts / race.all.sum(at.time, time(kWindow)), threshold(race.share)},
                        {"other peers that announce", static_cast<double>(others),
                         threshold(needs_more ? kBlocksOthers : kOthers)},
                        {"its own that announce", own, connections}});
    }

    bool knows_systems_;
    static constexpr std::size_t kPlaces = 2048;    // of 14 transactions a second, those of the last two minutes
    static constexpr std::size_t kBlockPlaces = 64; // of blocks, those of hours
    static constexpr std::size_t kMostSpent = 4096;

    Race transactions_{"transactions announced first", kTransactions, kTransactionsShare, false, kPlaces};
    Race blocks_{"blocks announced first", kBlocks, kBlocksShare, false, kBlockPlaces};
    Race transactions_by_as_{"transactions announced first", kTransactions, kAsShare, true, kPlaces};
    Race blocks_by_as_{"blocks announced first", kBlocks, kAsShare, true, kBlockPlaces};
    Race addresses_{"addresses announced first", kAddresses, kAddressesShare, false, 0};
    base::LruMap<std::uint64_t, std::string> names_{kMostGroups}; ///< of groups, by hash
    base::LruMap<std::uint64_t, Spent> spent_{kMostSpent};        ///< coins, and who has spent them last
    base::LruMap<std::string, Conflicts> conflicts_{kMostGroups}; ///< by site
    GetaddrAnswers answers_;
    BasicRecentHashes<1U << 17U, 7'200 * kSecond> heard_; ///< addresses, for two to four hours: 32 KiB
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
