// block_withhold: a host announces blocks, is asked for them or their headers, and does not deliver.
#include "libs/base/lru_map.h"
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/inventory.h"
#include "services/detector/node_pace.h"
#include "services/detector/per_subject.h"
#include "services/detector/window.h"

#include <array>
#include <map>
#include <utility>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kWithheld, kShare, kAsWithheld, kAsShare, kMisfits, kPatience, kWindow };
constexpr std::array kParameters = {
    Parameter{"withheld", 3,
              "blocks, parts of blocks or headers that one host was asked for and did not send within the window",
              "chosen: one may be a broken connection"},
    Parameter{"share", 0.5, "share of what it was asked for", "chosen: a slow peer still delivers most"},
    Parameter{"as_withheld", 12, "the same for one AS; each host counts for at most `withheld`",
              "chosen: what four such hosts withhold"},
    Parameter{"as_share", 0.5, "share of what its hosts were asked for",
              "as `share`; it does not depend on how many of the peers the AS has"},
    Parameter{"misfits", 3,
              "compact blocks of one host within the window whose transactions, when it had sent them, did not fit",
              "chosen: two transactions with the same short id are in one of some hundred thousand blocks (BIP 152)"},
    Parameter{"patience_s", 60,
              "seconds after which an answer counts as withheld, while the node processes messages of others",
              "chosen: a block of 4 MB in that time needs 67 kB/s; Core waits for ten minutes or more "
              "(BLOCK_DOWNLOAD_TIMEOUT_BASE, net_processing.cpp)"},
    Parameter{"window_s", 7200, "seconds", "chosen: a dozen blocks"},
};

constexpr std::size_t kMostSystems = 1024;
constexpr std::size_t kMostRequests = 256; // Core has 16 blocks in flight with a peer, and one request for headers
// What is younger when a peer leaves may have been on its way.
constexpr double kBeforeLeaving_s = 5;
/// In the place of a block's hash: a request for headers.
constexpr std::uint64_t kHeaders = 0;

class BlockWithhold : public Detector {
public:
    BlockWithhold(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, pace_{hooks.pace}
    {
        using Payload = proto::MessagePayload;
        hooks.outbound(Payload::kGetdata) += [this](const Moment& at, const Peer& peer, const auto& message) {
            for (const auto& item : message.payload().getdata().items()) {
                if (!is_block(item)) continue;
                requested(at, peer, short_hash(item.hash()));
                judge_fit(at, peer, short_hash(item.hash()));
            }
        };
        hooks.outbound(Payload::kGetblocktxn) += [this](const Moment& at, const Peer& peer, const auto& message) {
            requested(at, peer, short_hash(message.payload().getblocktxn().block_hash()));
        };
        // Core asks everybody for headers in the beginning: only who has announced a block since owes them.
        hooks.outbound(Payload::kGetheaders) += [this](const Moment& at, const Peer& peer, const auto&) {
            const auto state = states_.find(peer.id);
            if (state != states_.end() && state->second.has_announced) requested(at, peer, kHeaders);
        };
        hooks.inbound(Payload::kInv) += [this](const Moment&, const Peer& peer, const auto& message) {
            for (const auto& item : message.payload().inv().items())
                if (is_block(item)) states_[peer.id].has_announced = true;
        };
        hooks.inbound(Payload::kHeaders) += [this](const Moment& at, const Peer& peer, const auto& message) {
            if (message.payload().headers().headers_size() > 0) states_[peer.id].has_announced = true;
            delivered(at, peer, kHeaders);
        };
        hooks.inbound(Payload::kCmpctblock) += [this](const Moment& at, const Peer& peer, const auto& message) {
            states_[peer.id].has_announced = true;
            delivered(at, peer, short_hash(message.payload().cmpctblock().header().hash()));
        };
        hooks.inbound(Payload::kBlock) += [this](const Moment& at, const Peer& peer, const auto& message) {
            delivered(at, peer, short_hash(message.payload().block().header().hash()));
        };
        hooks.inbound(Payload::kBlocktxn) += [this](const Moment& at, const Peer& peer, const auto& message) {
            const std::uint64_t block = short_hash(message.payload().blocktxn().block_hash());
            delivered(at, peer, block);
            if (const auto state = states_.find(peer.id); state != states_.end()) state->second.completed = block;
        };
        // Also the answer `notfound` delivers nothing. What cannot be decoded may have been the block.
        hooks.inbound(Payload::PAYLOAD_NOT_SET) += [this](const Moment&, const Peer& peer, const auto& message) {
            const auto& type = message.message_type();
            if (type == "block" || type == "blocktxn" || type == "cmpctblock" || type == "headers")
                states_[peer.id].open.clear();
        };
        hooks.gap += [this](const Moment&) {
            for (auto& [id, state] : states_)
                state.open.clear();
        };
        hooks.forgotten += [this](const Moment& at, const Peer& peer) {
            const auto state = states_.find(peer.id);
            if (state != states_.end()) {
                expire(at, peer, state->second, kBeforeLeaving_s);
                states_.erase(state);
            }
        };
        hooks.tick += [this](const Moment& at) {
            for (auto& [id, state] : states_)
                if (!state.open.empty()) expire(at, state.peer, state, threshold(kPatience));
        };
    }

private:
    struct Request {
        Moment at;
        NodePace::Mark mark;
    };
    struct State {
        Peer peer; ///< set when something is asked for
        bool has_announced = false;
        std::uint64_t completed = 0;           ///< the compact block of which it sent the rest last
        std::map<std::uint64_t, Request> open; ///< by short hash
        NodePace::Mark latest_delivery;
    };
    struct Totals {
        Window withheld;
        Window delivered;
        Window misfits;
    };

    void requested(const Moment& at, const Peer& peer, std::uint64_t what)
    {
        State& state = states_[peer.id];
        if (state.open.empty()) state.peer = peer;
        if (state.open.size() < kMostRequests) state.open.try_emplace(what, at, pace_.mark());
    }

    void delivered(const Moment& at, const Peer& peer, std::uint64_t what)
    {
        const auto state = states_.find(peer.id);
        if (state == states_.end() || state->second.open.erase(what) == 0) return;
        state->second.latest_delivery = pace_.mark();
        subjects_[peer].delivered.add(at.time, time(kWindow), 1);
        if (!peer.as.empty()) systems_[peer.as].delivered.add(at.time, time(kWindow), 1);
    }

    /// The node asks for the whole block where the transactions were others (ProcessCompactBlockTxns,
    /// net_processing.cpp).
    void judge_fit(const Moment& at, const Peer& peer, std::uint64_t block)
    {
        State& state = states_[peer.id];
        if (std::exchange(state.completed, 0) != block) return;
        Window& misfits = subjects_[peer].misfits;
        misfits.add(at.time, time(kWindow), 1);
        alarms().judge(at, Subject::of(peer),
                       {{"compact blocks that did not fit", misfits.sum(at.time, time(kWindow)), threshold(kMisfits)}});
    }

    /// Sixteen blocks are asked for at a time, and come one after the other.
    void expire(const Moment& at, const Peer& peer, State& state, double patience_s)
    {
        if (pace_.seconds_since(state.latest_delivery) < patience_s) return;
        for (auto request = state.open.begin(); request != state.open.end();) {
            if (pace_.seconds_since(request->second.mark) < patience_s) {
                ++request;
                continue;
            }
            judge(at, peer, request->second.at);
            request = state.open.erase(request);
        }
    }

    void judge(const Moment& at, const Peer& peer, const Moment& request)
    {
        const double withheld =
            judge(at, Subject::of(peer), subjects_[peer], threshold(kWithheld), threshold(kShare), request);
        if (!peer.as.empty() && withheld <= threshold(kWithheld))
            judge(at, Subject::of_group(peer.as, &peer), systems_[peer.as], threshold(kAsWithheld), threshold(kAsShare),
                  request);
    }

    double judge(const Moment& at, const Subject& subject, Totals& totals, double most, double share,
                 const Moment& request)
    {
        totals.withheld.add(at.time, time(kWindow), 1);
        const double withheld = totals.withheld.sum(at.time, time(kWindow));
        const double all = withheld + totals.delivered.sum(at.time, time(kWindow));
        alarms().judge(at, subject, {{"not delivered", withheld, most}, {"share not delivered", withheld / all, share}},
                       0, &request);
        return withheld;
    }

    const NodePace& pace_;
    std::map<std::int64_t, State> states_; ///< by peer id
    PerSubject<Totals> subjects_;
    base::LruMap<std::string, Totals> systems_{kMostSystems}; ///< by AS, of each host what is within its own threshold
};

} // namespace

extern const Definition kBlockWithhold = {
    .kind = "block_withhold",
    .text = "announces blocks and does not deliver them, or others",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 65,
    .parameters = kParameters,
    .make = make_detector<BlockWithhold>,
};

} // namespace peer_observer::detector
