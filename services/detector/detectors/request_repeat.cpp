// request_repeat: a peer asks for the same again and again, or asks far more often than a peer needs.
#include "services/detector/alarms.h"
#include "services/detector/answers.h"
#include "services/detector/baseline.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/inventory.h"
#include "services/detector/latest_things.h"
#include "services/detector/news.h"
#include "services/detector/per_as.h"
#include "services/detector/per_peer.h"
#include "services/detector/per_subject.h"
#include "services/detector/spread.h"
#include "services/detector/window.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kRepeated, kAsRepeated, kAsShare, kUnneeded, kNodeUnneeded, kWindow };
constexpr std::array kParameters = {
    Parameter{"repeated", 50, "repeated requests of one host within the window for the same thing",
              "chosen: an honest peer repeats a request after a reconnection or a timeout"},
    Parameter{"as_repeated", 500, "the same for one AS; each host counts for at most `repeated`",
              "chosen: what ten such hosts do"},
    Parameter{"as_share", 0.5, "share of all repeated requests",
              "chosen: four times the largest hoster's share of the reachable nodes"},
    Parameter{"unneeded", 120,
              "requests for headers, block inventories, filters, addresses and the mempool, for blocks that the node "
              "does not have, and changes of its filter, beyond the blocks that the node connected, within the window",
              "chosen: one in five seconds; of a chain of 2,000 headers a message, the first synchronization of others "
              "is not counted"},
    Parameter{"node_unneeded", 240, "the same for all hosts below `unneeded` together, of each what is above 12",
              "chosen: twice what one host may request"},
    Parameter{"window_s", 600, "seconds", "the mean time between blocks"},
};

constexpr double kNeeded = 12; // by a host that connects, and asks for headers once after each of some blocks

class RequestRepeat : public Detector {
public:
    RequestRepeat(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, unanswered_{hooks}
    {
        using Payload = proto::MessagePayload;
        hooks.block_connected += [this](const Moment& at, const auto&) { blocks_.add(at.time, time(kWindow), 1); };
        hooks.received += [this](const Moment& at, const Peer& peer, const auto& message) {
            settle(at, peer);
            if (is_request(message.payload().payload_case())) received(at, peer, message.payload());
        };
        for (const auto type : {Payload::kInv, Payload::kCmpctblock, Payload::kHeaders})
            hooks.outbound(type) += [this](const Moment&, const Peer& peer, const auto& message) {
                if (State* state = subjects_.find(peer)) state->news.sent(message.payload());
            };
        for (const auto type : {Payload::kBlock, Payload::kMerkleblock, Payload::kCmpctblock, Payload::kBlocktxn})
            hooks.outbound(type) += [this](const Moment&, const Peer& peer, const auto&) {
                if (double* blocks = unanswered_.find(peer); blocks != nullptr && *blocks > 0) --*blocks;
            };
        hooks.gap += [this](const Moment&) { unanswered_.clear(); }; // something may have been sent
        // It has got more than it had: it may need what follows.
        hooks.outbound(Payload::kHeaders) += [this](const Moment& at, const Peer& peer, const auto& message) {
            if (message.payload().headers().headers_size() < kFullMessage) return;
            State& state = subjects_[peer];
            const auto thing = thing_sent(message.payload());
            if (thing && !state.headers.insert(*thing)) state.unneeded.add(at.time, time(kWindow), -1);
        };
    }

private:
    static constexpr std::string_view kBeyond = "requests beyond what a peer needs";
    static constexpr int kFullMessage = 2000; // Core's MAX_HEADERS_RESULTS (net_processing.h)

    struct State {
        LatestThings<512> asked;
        LatestThings<512> again;  ///< blocks that it has asked for twice
        LatestThings<64> headers; ///< full messages of them, which it got
        News news;
        Window repeated;
        Window unneeded;
    };

    void received(const Moment& at, const Peer& peer, const proto::MessagePayload& payload)
    {
        State& state = subjects_[peer];
        double repeated = 0;
        for (const std::uint64_t thing : things_requested(payload)) {
            if (!state.asked.insert(thing)) continue;
            // A pruned node needs blocks again that it has deleted, after a deep reorganisation.
            if (!payload.has_getdata() || state.again.insert(thing)) ++repeated;
        }
        if (payload.has_getheaders() && state.news.take()) repeated = 0;
        if (repeated > 0) {
            state.repeated.add(at.time, time(kWindow), repeated);
            judge_repeated(at, peer, state, repeated);
        }
        const double blocks = blocks_in(payload);
        if (blocks > 0) unanswered_[peer] = blocks;
        // Blocks and transactions are asked for as they come; filters of blocks by the thousand.
        if (payload.has_getdata() || payload.has_getblocktxn() || payload.has_getcfilters()) return;
        state.unneeded.add(at.time, time(kWindow), 1);
        judge_unneeded(at, peer, state, 1);
    }

    static double blocks_in(const proto::MessagePayload& payload)
    {
        if (payload.has_getblocktxn()) return 1;
        return static_cast<double>(std::ranges::count_if(payload.getdata().items(), is_block));
    }

    /// The node takes no further message of a peer before it has answered all that the peer has asked for
    /// (ProcessMessages(), net_processing.cpp). What it has not sent by then, it does not have.
    void settle(const Moment& at, const Peer& peer)
    {
        double* blocks = unanswered_.find(peer);
        if (blocks == nullptr || *blocks == 0) return;
        const double missing = std::exchange(*blocks, 0);
        State& state = subjects_[peer];
        state.unneeded.add(at.time, time(kWindow), missing);
        judge_unneeded(at, peer, state, missing);
    }

    void judge_repeated(const Moment& at, const Peer& peer, State& state, double more)
    {
        const Figure repeated{"requests for the same again", state.repeated.sum(at.time, time(kWindow)),
                              threshold(kRepeated)};
        alarms().judge(at, Subject::of(peer), {repeated});
        by_as_.judge(alarms(), at, peer, more, repeated, time(kWindow), threshold(kAsRepeated), threshold(kAsShare));
    }

    void judge_unneeded(const Moment& at, const Peer& peer, State& state, double more)
    {
        const double needed = 2 * blocks_.sum(at.time, time(kWindow));
        const double unneeded = state.unneeded.sum(at.time, time(kWindow)) - needed;
        spread_.judge(alarms(), at, peer, more, {kBeyond, unneeded, threshold(kUnneeded)}, time(kWindow), kNeeded,
                      threshold(kNodeUnneeded));
        if (unneeded < threshold(kUnneeded) / 2) return; // what the others do takes longer to know
        std::vector<double> others;
        for (auto& [key, other] : subjects_)
            if (&other != &state) others.push_back(other.unneeded.sum(at.time, time(kWindow)) - needed);
        alarms().judge(at, Subject::of(peer),
                       {{kBeyond, unneeded, threshold(kUnneeded)},
                        {"of which far from the others' is", unneeded, far_from(std::move(others))}});
    }

    PerSubject<State> subjects_;
    PerPeer<double> unanswered_; ///< blocks that its latest message asked for and that it was not sent
    Window blocks_;
    Spread spread_; ///< of what is not needed
    PerAs by_as_;   ///< of what is asked for again
};

} // namespace

extern const Definition kRequestRepeat = {
    .kind = "request_repeat",
    .text = "makes the node work with requests that it does not need",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 70,
    .parameters = kParameters,
    .make = make_detector<RequestRepeat>,
};

} // namespace peer_observer::detector
