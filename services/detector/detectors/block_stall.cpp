// block_stall: a peer that was asked for a block sends nothing.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/inventory.h"
#include "services/detector/per_peer.h"

#include <algorithm>
#include <array>
#include <map>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kUnanswered };
constexpr std::array kParameters = {
    Parameter{"unanswered_s", 120, "seconds without a block from a peer that was asked for one",
              "chosen: a block of 4 MB in that time needs 33 kB a second, which a slow peer over Tor has; Core itself "
              "gives up after ten minutes at the tip"},
};

constexpr std::size_t kMostRequests = 1024; // Core has 16 in flight with a peer

class BlockStall : public Detector {
public:
    BlockStall(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks) : Detector{thresholds, alarms}
    {
        using Payload = proto::MessagePayload;
        hooks.outbound(Payload::kGetdata) += [this](const Moment& at, const Peer& peer, const auto& message) {
            for (const auto& item : message.payload().getdata().items())
                if (is_block(item)) requested(at, peer, item.hash());
        };
        hooks.outbound(Payload::kGetblocktxn) += [this](const Moment& at, const Peer& peer, const auto& message) {
            requested(at, peer, message.payload().getblocktxn().block_hash());
        };
        hooks.inbound(Payload::kBlock) += [this](const Moment& at, const Peer& peer, const auto& message) {
            delivered(at, peer, message.payload().block().header().hash());
        };
        hooks.inbound(Payload::kCmpctblock) += [this](const Moment& at, const Peer& peer, const auto& message) {
            delivered(at, peer, message.payload().cmpctblock().header().hash());
        };
        hooks.inbound(Payload::kBlocktxn) += [this](const Moment& at, const Peer& peer, const auto& message) {
            delivered(at, peer, message.payload().blocktxn().block_hash());
        };
        hooks.inbound(Payload::kNotfound) += [this](const Moment& at, const Peer& peer, const auto& message) {
            for (const auto& item : message.payload().notfound().items())
                delivered(at, peer, item.hash());
        };
        // Undecodable ones and those that were lost may have been the answer.
        hooks.inbound(Payload::PAYLOAD_NOT_SET) +=
            [this](const Moment&, const Peer& peer, const auto&) { states_.erase(peer.id); };
        hooks.gap += [this](const Moment&) { states_.clear(); };
        hooks.forgotten += [this](const Moment&, const Peer& peer) { states_.erase(peer.id); };
        hooks.tick += [this](const Moment& at) { look(at); };
    }

private:
    struct State {
        Peer peer;
        std::map<std::uint64_t, Moment> open; ///< requests, by short hash
        Time latest_delivery = 0;
    };

    void requested(const Moment& at, const Peer& peer, const std::string& hash)
    {
        State& state = states_[peer.id];
        if (state.open.empty()) state.peer = peer;
        if (state.open.size() < kMostRequests) state.open.try_emplace(short_hash(hash), at);
    }

    void delivered(const Moment& at, const Peer& peer, const std::string& hash)
    {
        const auto found = states_.find(peer.id);
        if (found == states_.end() || found->second.open.erase(short_hash(hash)) == 0) return;
        found->second.latest_delivery = at.time;
        if (found->second.open.empty()) states_.erase(found);
    }

    /// Only peers that were asked are here: few.
    void look(const Moment& at)
    {
        for (const auto& [id, state] : states_) {
            const auto oldest = std::ranges::min_element(
                state.open, {}, [](const auto& request) { return std::pair{request.second.time, request.first}; });
            const Time since = std::max(oldest->second.time, state.latest_delivery);
            const double unanswered_s = at.time > since ? static_cast<double>(at.time - since) / kSecond : 0;
            alarms().judge(at, Subject::of(state.peer),
                           {{"seconds without an answer", unanswered_s, threshold(kUnanswered)},
                            {"requests unanswered", static_cast<double>(state.open.size())}},
                           0, &oldest->second);
        }
    }

    std::map<std::int64_t, State> states_; ///< of peers with open requests, by peer id
};

} // namespace

extern const Definition kBlockStall = {
    .kind = "block_stall",
    .text = "was asked for a block and sends nothing",
    .severity = proto::AnomalyReport::WARNING,
    .confidence_percent = 60,
    .parameters = kParameters,
    .make = make_detector<BlockStall>,
};

} // namespace peer_observer::detector
