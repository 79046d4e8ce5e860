#include "services/metrics/p2p_extractor/block_delays.h"

namespace peer_observer::metrics {
namespace {

/// Core's MAX_BLOCKS_TO_ANNOUNCE: longer lists are answers.
constexpr int kMostAnnounced = 8;

double seconds(std::int64_t from_ns, std::int64_t to_ns) { return static_cast<double>(to_ns - from_ns) / 1e9; }

} // namespace

BlockDelays::BlockDelays(NodeRegistry& registry)
    : since_heard_{registry, metric("p2pextractor_block_delay_since_heard_seconds")},
      since_connected_{registry, metric("p2pextractor_block_delay_since_connected_seconds")}
{}

BlockDelays::Block& BlockDelays::block(const std::string& hash)
{
    const auto [found, is_new] = blocks_.try_emplace(hash);
    if (is_new) {
        order_.push_back(hash);
        if (order_.size() > kMostBlocks) {
            blocks_.erase(order_.front());
            order_.pop_front();
        }
    }
    return found->second;
}

void BlockDelays::observe_message(const proto::PeerMessage& message, std::int64_t time_ns)
{
    const auto& payload = message.payload();
    switch (payload.payload_case()) {
    case proto::MessagePayload::kCmpctblock:
        return heard(payload.cmpctblock().header().hash(), time_ns);
    case proto::MessagePayload::kBlock:
        return heard(payload.block().header().hash(), time_ns);
    case proto::MessagePayload::kHeaders:
        if (payload.headers().headers_size() > kMostAnnounced) return;
        for (const auto& header : payload.headers().headers())
            heard(header.hash(), time_ns);
        return;
    case proto::MessagePayload::kInv:
        // Blocks are announced alone.
        if (payload.inv().items_size() > kMostAnnounced) return;
        for (const auto& item : payload.inv().items())
            if (item.type() == proto::InventoryItem::BLOCK) heard(item.hash(), time_ns);
        return;
    default:
        return;
    }
}

void BlockDelays::heard(const std::string& hash, std::int64_t time_ns)
{
    auto& known = block(hash);
    if (known.heard_ns) return;
    known.heard_ns = time_ns;
    for (const auto direction : {Direction::inbound, Direction::outbound})
        if (const auto announced_ns = known.announced_ns[index(direction)])
            since_heard_[direction].observe(seconds(time_ns, *announced_ns));
}

void BlockDelays::connected(const std::string& hash, std::int64_t time_ns)
{
    auto& known = block(hash);
    if (known.connected_ns) return; // again, after a reorganization
    known.connected_ns = time_ns;
    for (const auto direction : {Direction::inbound, Direction::outbound})
        if (const auto announced_ns = known.announced_ns[index(direction)])
            since_connected_[direction].observe(seconds(time_ns, *announced_ns));
}

void BlockDelays::announced(const std::string& hash, Direction direction, std::int64_t time_ns)
{
    auto& known = block(hash);
    auto& announced_ns = known.announced_ns[index(direction)];
    if (announced_ns) return; // on another connection
    announced_ns = time_ns;
    if (known.heard_ns) since_heard_[direction].observe(seconds(*known.heard_ns, time_ns));
    if (known.connected_ns) since_connected_[direction].observe(seconds(*known.connected_ns, time_ns));
}

void BlockDelays::flush()
{
    since_heard_.flush();
    since_connected_.flush();
}

} // namespace peer_observer::metrics
