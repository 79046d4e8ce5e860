// useless_messages: a peer fills the node with messages that nobody asked for, that cannot be read, that it has sent
// before, or for which Bitcoin Core punishes it.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/inventory.h"
#include "services/detector/latest_things.h"
#include "services/detector/misbehaviour.h"
#include "services/detector/per_as.h"
#include "services/detector/per_peer.h"
#include "services/detector/per_subject.h"
#include "services/detector/spread.h"
#include "services/detector/window.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kUseless, kPunished, kAsUseless, kAsShare, kNodeUseless, kWindow };
constexpr std::array kParameters = {
    Parameter{"useless", 100, "messages or items of one host within the window that are useless to the node",
              "chosen: one per six seconds; honest peers send a few after they connect"},
    Parameter{"punished", 3, "of these, messages for which Core punished the host",
              "chosen: Core disconnects an inbound peer for one, so this host has reconnected"},
    Parameter{"as_useless", 500, "the same for one AS; each host counts for at most `useless`",
              "chosen: what five such hosts send"},
    Parameter{"as_share", 0.5, "share of all such messages",
              "chosen: four times the largest hoster's share of the reachable nodes"},
    Parameter{"node_useless", 200, "the same for all hosts below `useless` together, of each what is above 10",
              "chosen: twice what one host may send; honest peers send a few after they connect"},
    Parameter{"window_s", 600, "seconds", "chosen: with it, `useless` is one per six seconds"},
};

constexpr double kNeeded = 10; // by a host whose peers reconnect
/// Bytes of padding that are one message more: Core reads and hashes what it then ignores. A field that a later
/// version of the protocol appends is shorter.
constexpr std::uint64_t kPadding = 10'000;

class UselessMessages : public Detector {
public:
    UselessMessages(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, peers_{hooks}
    {
        using Payload = proto::MessagePayload;
        hooks.outbound(Payload::kPing) +=
            [this](const Moment&, const Peer& peer, const auto&) { ++peers_[peer].pings; };
        hooks.outbound(Payload::kGetdata) += [this](const Moment&, const Peer& peer, const auto& message) {
            State& state = peers_[peer];
            for (const auto& item : message.payload().getdata().items())
                state.asked += is_transaction(item) || is_block(item) ? 1 : 0;
        };
        hooks.outbound(Payload::kGetblocktxn) +=
            [this](const Moment&, const Peer& peer, const auto&) { ++peers_[peer].asked; };
        hooks.outbound(Payload::kGetheaders) +=
            [this](const Moment&, const Peer& peer, const auto&) { ++peers_[peer].asked_headers; };
        hooks.received +=
            [this](const Moment& at, const Peer& peer, const auto& message) { received(at, peer, message); };
        hooks.misbehaving += [this](const Moment& at, const Peer& peer, const auto& misbehaving) {
            if (!is_about_blocks(misbehaving.reason(), peer)) count(at, peer, punished, 1); // else: invalid_block
        };
        // What was asked for in it?
        hooks.gap += [this](const Moment&) {
            for (auto& [id, state] : peers_)
                state.is_complete = false;
        };
    }

private:
    static constexpr std::uint64_t kSent = 0x9E3779B97F4A7C15; ///< not announced: another thing with the same hash

    enum Sort : std::size_t { unreadable, early, unasked, again, empty, padded, punished, kSorts };
    struct State {
        bool is_complete = true; ///< what it was asked for is known from the connection's beginning on
        std::int64_t pings = 0;
        std::int64_t asked = 0; ///< transactions and blocks
        std::int64_t asked_headers = 0;
        std::array<unsigned, 64> handshake{}; ///< of each type of message that is sent once or now and then
        LatestThings<512> told;               ///< hashes that it has announced
    };
    struct Totals {
        std::array<Window, kSorts> sorts;
    };

    void received(const Moment& at, const Peer& peer, const proto::PeerMessage& message)
    {
        using Payload = proto::MessagePayload;
        if (peers_.find(peer) == nullptr) peers_[peer].is_complete = peer.from_start;
        State& state = peers_[peer];
        const auto& payload = message.payload();
        const auto type = payload.payload_case();
        if (message.trailing_bytes() >= kPadding)
            count(at, peer, padded, static_cast<double>(message.trailing_bytes() / kPadding));
        switch (type) {
        case Payload::PAYLOAD_NOT_SET:
            if (message.has_decode_error()) count(at, peer, unreadable, 1);
            if (message.truncated().reason() == proto::Truncated::BEFORE_HANDSHAKE) count(at, peer, early, 1);
            break;
        // A node asks nobody for these.
        case Payload::kMerkleblock:
        case Payload::kCfilter:
        case Payload::kCfheaders:
        case Payload::kCfcheckpt:
        case Payload::kReject:
        case Payload::kAlert:
            count(at, peer, unasked, 1);
            break;
        case Payload::kPong:
            answered(at, peer, state, state.pings, 1);
            break;
        case Payload::kTx: // also one that nobody asked for may be of use; orphan_flood and tx_reject_spam know of
                           // others
            told(at, peer, state, payload.tx().wtxid(), kSent);
            --state.asked;
            state.asked = std::max<std::int64_t>(state.asked, 0);
            break;
        case Payload::kBlock:
        case Payload::kBlocktxn:
            answered(at, peer, state, state.asked, 1);
            break;
        case Payload::kNotfound:
            answered(at, peer, state, state.asked, std::max(1, payload.notfound().items_size()));
            break;
        case Payload::kHeaders:
            if (payload.headers().headers_size() == 0)
                answered(at, peer, state, state.asked_headers, 1); // else: header_spam
            break;
        case Payload::kInv:
            look_at_items(at, peer, payload.inv());
            announced(at, peer, state, payload.inv());
            break;
        case Payload::kGetdata:
            look_at_items(at, peer, payload.getdata());
            break;
        case Payload::kAddr:
            if (payload.addr().addresses_size() == 0) count(at, peer, empty, 1);
            break;
        case Payload::kAddrv2:
            if (payload.addrv2().addresses_size() == 0) count(at, peer, empty, 1);
            break;
        case Payload::kVersion:
        case Payload::kVerack:
        case Payload::kSendaddrv2:
        case Payload::kWtxidrelay:
        case Payload::kSendheaders:
        case Payload::kSendtxrcncl:
        case Payload::kFeature:
        case Payload::kSendcmpct:
        case Payload::kFeefilter: {
            // The last three come several times; feefilter continues with every ten minutes.
            constexpr unsigned kOften = 20;
            const bool is_often =
                type == Payload::kSendcmpct || type == Payload::kFeefilter || type == Payload::kFeature;
            if (++state.handshake.at(type) > (is_often ? kOften : 1U)) count(at, peer, again, 1);
            if (type == Payload::kFeefilter && at.time > peer.since + 86'400 * kSecond) state.handshake.at(type) = 0;
            break;
        }
        default:
            break;
        }
    }

    /// So many answers to what the peer was asked for.
    void answered(const Moment& at, const Peer& peer, State& state, std::int64_t& open, std::int64_t answers)
    {
        open -= answers;
        if (open >= 0) return;
        if (state.is_complete) count(at, peer, unasked, static_cast<double>(-open));
        open = 0;
    }

    void look_at_items(const Moment& at, const Peer& peer, const proto::Inventory& inventory)
    {
        if (inventory.items().empty()) count(at, peer, empty, 1);
        const auto unknown = std::ranges::count_if(inventory.items(), [](const auto& item) {
            return !proto::InventoryItem::Type_IsValid(item.type()) || item.type() == proto::InventoryItem::UNDEFINED;
        });
        if (unknown > 0) count(at, peer, unreadable, static_cast<double>(unknown));
    }

    void announced(const Moment& at, const Peer& peer, State& state, const proto::Inventory& inventory)
    {
        double known = 0;
        for (const auto& item : inventory.items())
            if (state.told.insert(short_hash(item.hash()))) ++known;
        if (known > 0) count(at, peer, again, known);
    }

    void told(const Moment& at, const Peer& peer, State& state, std::string_view hash, std::uint64_t how = 0)
    {
        if (state.told.insert(short_hash(hash) ^ how)) count(at, peer, again, 1);
    }

    void count(const Moment& at, const Peer& peer, Sort sort, double amount)
    {
        Totals& totals = subjects_[peer];
        totals.sorts.at(sort).add(at.time, time(kWindow), amount);
        std::array<double, kSorts> sums{};
        for (std::size_t i = 0; i < kSorts; ++i)
            sums.at(i) = totals.sorts.at(i).sum(at.time, time(kWindow));
        const double all = std::accumulate(sums.begin(), sums.end(), 0.0);
        const Figure useless{"useless messages", all, threshold(kUseless)};
        by_as_.judge(alarms(), at, peer, amount, useless, time(kWindow), threshold(kAsUseless), threshold(kAsShare));
        spread_.judge(alarms(), at, peer, amount, useless, time(kWindow), kNeeded, threshold(kNodeUseless));
        alarms().judge(at, Subject::of(peer),
                       {useless,
                        {"unreadable or of an unknown type", sums[unreadable]},
                        {"before the handshake", sums[early]},
                        {"that nobody asked for", sums[unasked]},
                        {"sent before", sums[again]},
                        {"empty", sums[empty]},
                        {"10 kB of padding", sums[padded]}});
        if (sort == punished)
            alarms().judge(at, Subject::of(peer), {{"punished messages", sums[punished], threshold(kPunished)}});
    }

    PerPeer<State> peers_;
    PerSubject<Totals> subjects_;
    PerAs by_as_;
    Spread spread_;
};

} // namespace

extern const Definition kUselessMessages = {
    .kind = "useless_messages",
    .text = "sends messages that are of no use to the node",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 70,
    .parameters = kParameters,
    .make = make_detector<UselessMessages>,
};

} // namespace peer_observer::detector
