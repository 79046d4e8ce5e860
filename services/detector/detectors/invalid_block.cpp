// invalid_block: a peer sends blocks or headers that break the rules of consensus.
#include "services/detector/alarms.h"
#include "services/detector/definition.h"
#include "services/detector/left_chain.h"
#include "services/detector/misbehaviour.h"
#include "services/detector/per_peer.h"
#include "services/detector/window.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace peer_observer::detector {
namespace {

enum : std::size_t { kBlocks, kWindow };
constexpr std::array kParameters = {
    Parameter{"blocks", 1, "blocks or headers within the window for which Core punished the peer",
              "no working peer sends one"},
    Parameter{"window_s", 3600, "seconds", "chosen: one is enough; this is how long it is remembered"},
};

class InvalidBlock : public Detector {
public:
    InvalidBlock(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
        : Detector{thresholds, alarms}, blocks_{hooks}
    {
        using Payload = proto::MessagePayload;
        hooks.block_connected +=
            [this](const Moment&, const auto& block) { left_.connected(block.height(), block.hash()); };
        hooks.inbound(Payload::kHeaders) += [this](const Moment&, const Peer& peer, const auto& message) {
            begin(peer);
            for (const auto& header : message.payload().headers().headers()) {
                if (latest_.blocks.size() < kMostHeaders) latest_.blocks.push_back(short_hash(header.hash()));
                latest_.is_of_left_chain = latest_.is_of_left_chain || left_.contains(header.hash());
            }
        };
        hooks.inbound(Payload::kCmpctblock) += [this](const Moment&, const Peer& peer, const auto& message) {
            const auto& header = message.payload().cmpctblock().header();
            begin(peer, header.hash());
            latest_.is_of_left_chain = left_.contains(header.previous_block_hash());
            if (latest_.is_of_left_chain) left_.add(header.hash()); // the next one may come
        };
        hooks.inbound(Payload::kBlock) += [this](const Moment&, const Peer& peer, const auto& message) {
            begin(peer, message.payload().block().header().hash());
        };
        hooks.inbound(Payload::kBlocktxn) += [this](const Moment&, const Peer& peer, const auto& message) {
            begin(peer, message.payload().blocktxn().block_hash());
        };
        hooks.misbehaving += [this](const Moment& at, const Peer& peer, const auto& misbehaving) {
            if (!is_about_blocks(misbehaving.reason(), peer) || is_refused_by_operator(peer, misbehaving.reason()))
                return;
            Window& window = blocks_[peer];
            window.add(at.time, time(kWindow), 1);
            this->alarms().judge(
                at, Subject::of(peer),
                {{"invalid blocks or headers", window.sum(at.time, time(kWindow)), threshold(kBlocks)}}, 0, nullptr,
                peer.id == latest_.peer_id ? latest_.blocks : std::vector<std::uint64_t>{});
        };
    }

private:
    static constexpr std::size_t kMostHeaders = 2000; // MAX_HEADERS_RESULTS (net_processing.h)

    /// The latest message with blocks or headers: Core punishes for it before it takes the next one.
    struct Latest {
        std::int64_t peer_id = -1;
        std::vector<std::uint64_t> blocks;
        bool is_of_left_chain = false;
    };

    void begin(const Peer& peer)
    {
        latest_.peer_id = peer.id;
        latest_.blocks.clear();
        latest_.is_of_left_chain = false;
    }
    void begin(const Peer& peer, const std::string& block)
    {
        begin(peer);
        latest_.blocks.push_back(short_hash(block));
    }

    /// Blocks that the node had in its chain were valid: its operator has invalidated them since, and the peer knows
    /// nothing of it. For a header without proof of work the reason is another one.
    bool is_refused_by_operator(const Peer& peer, const std::string& reason) const
    {
        return latest_.is_of_left_chain && peer.id == latest_.peer_id && reason.starts_with("invalid header");
    }

    PerPeer<Window> blocks_;
    Latest latest_;
    LeftChain left_;
};

} // namespace

extern const Definition kInvalidBlock = {
    .kind = "invalid_block",
    .text = "sends invalid blocks or headers",
    .severity = proto::AnomalyReport::CRITICAL,
    .confidence_percent = 90,
    .parameters = kParameters,
    .uses_log = true,
    .make = make_detector<InvalidBlock>,
};

} // namespace peer_observer::detector
