// When a node heard of a block, connected it, and announced it to the p2p-extractor.
#pragma once

#include "proto/message.pb.h"
#include "services/metrics/series/direction.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

namespace peer_observer::metrics {

/// The events come from two publishers, in whatever order. Times are UNIX time in nanoseconds.
class BlockDelays {
public:
    /// Blocks that are remembered: a day of them, in case a peer names invented ones.
    static constexpr std::size_t kMostBlocks = 144;

    explicit BlockDelays(NodeRegistry& registry);

    /// A peer of the node has sent a message; the first time that one names a block counts.
    void observe_message(const proto::PeerMessage& message, std::int64_t time_ns);
    void connected(const std::string& hash, std::int64_t time_ns);
    void announced(const std::string& hash, Direction direction, std::int64_t time_ns);
    void flush();

private:
    struct Block {
        std::optional<std::int64_t> heard_ns;
        std::optional<std::int64_t> connected_ns;
        std::array<std::optional<std::int64_t>, 2> announced_ns; ///< by direction
    };

    Block& block(const std::string& hash);
    void heard(const std::string& hash, std::int64_t time_ns);

    DirectionHistograms since_heard_;
    DirectionHistograms since_connected_;
    std::unordered_map<std::string, Block> blocks_;
    std::deque<std::string> order_; ///< the oldest first
};

} // namespace peer_observer::metrics
