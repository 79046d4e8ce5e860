// block_stall: a peer that was asked for a block sends nothing.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/hooks.h"
#include "services/detector/inventory.h"
#include "services/detector/node_pace.h"

#include <algorithm>
#include <array>
#include <map>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kUnanswered };
constexpr std::array kParameters = {
    Parameter{"unanswered_s", 120,
              "seconds without a block from a peer that was asked for one, while the node processes messages of others",
              "chosen: a block of 4 MB in that time needs 33 kB/s, which a slow peer over Tor has; Core gives up after "
              "ten minutes at the tip"},
};

constexpr std::size_t kMostRequests = 1024; // Core has 16 in flight with a peer (MAX_BLOCKS_IN_TRANSIT_PER_PEER)

class BlockStall : public Detector {
public:
    BlockStall(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, pace_{hooks.pace}
    {
        using Payload = proto::MessagePayload;
        hooks.outbound(Payload::kGetdata) += [this](const Moment& at, const Peer& peer, const auto& message) {
            for (const auto& item : message.payload().getdata().items())
                if (is_block(item)) requested(at, peer, item.hash());
        };
        hooks.outbound(Payload::kGetblocktxn) += [this](const Moment& at, const Peer& peer, const auto& message) {
            requested(at, peer, message.payload().getblocktxn().block_hash());
        };
        hooks.inbound(Payload::kBlock) += [this](const Moment&, const Peer& peer, const auto& message) {
            delivered(peer, message.payload().block().header().hash());
        };
        hooks.inbound(Payload::kCmpctblock) += [this](const Moment&, const Peer& peer, const auto& message) {
            delivered(peer, message.payload().cmpctblock().header().hash());
        };
        hooks.inbound(Payload::kBlocktxn) += [this](const Moment&, const Peer& peer, const auto& message) {
            delivered(peer, message.payload().blocktxn().block_hash());
        };
        // Core ignores a notfound for a block, and waits for the block as long as without one (ProcessMessage(),
        // net_processing.cpp).
        // An undecodable one may have been the answer, and so may those that were lost.
        hooks.inbound(Payload::PAYLOAD_NOT_SET) += [this](const Moment&, const Peer& peer, const auto& message) {
            if (is_answer(message.message_type())) states_.erase(peer.id);
        };
        hooks.gap += [this](const Moment&) { states_.clear(); };
        hooks.forgotten += [this](const Moment&, const Peer& peer) { states_.erase(peer.id); };
        hooks.tick += [this](const Moment& at) { look(at); };
    }

private:
    static bool is_answer(std::string_view type)
    {
        return type == "block" || type == "cmpctblock" || type == "blocktxn";
    }

    struct Request {
        Moment at;
        NodePace::Mark mark;
    };
    struct State {
        Peer peer;
        std::map<std::uint64_t, Request> open; ///< by short hash
        NodePace::Mark latest_delivery;
    };

    void requested(const Moment& at, const Peer& peer, const std::string& hash)
    {
        State& state = states_[peer.id];
        if (state.open.empty()) state.peer = peer;
        if (state.open.size() < kMostRequests) state.open.try_emplace(short_hash(hash), at, pace_.mark());
    }

    void delivered(const Peer& peer, const std::string& hash)
    {
        const auto found = states_.find(peer.id);
        if (found == states_.end() || found->second.open.erase(short_hash(hash)) == 0) return;
        found->second.latest_delivery = pace_.mark();
        if (found->second.open.empty()) states_.erase(found);
    }

    /// Only peers that were asked are here: few.
    void look(const Moment& at)
    {
        for (const auto& [id, state] : states_) {
            const auto oldest = std::ranges::min_element(
                state.open, {}, [](const auto& request) { return std::pair{request.second.at.time, request.first}; });
            const double unanswered_s =
                std::min(pace_.seconds_since(oldest->second.mark), pace_.seconds_since(state.latest_delivery));
            alarms().judge(at, Subject::of(state.peer),
                           {{"seconds without an answer", unanswered_s, threshold(kUnanswered)},
                            {"requests unanswered", static_cast<double>(state.open.size())}},
                           0, &oldest->second.at, std::array{oldest->first});
        }
    }

    const NodePace& pace_;
    std::map<std::int64_t, State> states_; ///< of peers with open requests, by peer id
};

} // namespace

extern const Definition kBlockStall = {
    .kind = "block_stall",
    .text = "was asked for a block and sends nothing",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 60,
    .parameters = kParameters,
    .uses_log = true,
    .make = make_detector<BlockStall>,
};

} // namespace peer_observer::detector
