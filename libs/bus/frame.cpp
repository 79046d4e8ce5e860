#include "libs/bus/frame.h"

namespace peer_observer::bus {
namespace {

constexpr char kTopicEnd = '\0';

} // namespace

std::string frame_start(std::string_view node) { return std::string{kTopicPrefix}.append(node) + kTopicEnd; }

void begin_frame(std::string& frame, std::string_view node, std::uint64_t publisher_id, std::uint64_t first_sequence)
{
    frame.assign(kTopicPrefix).append(node).push_back(kTopicEnd);
    events::begin_batch(frame, node, publisher_id, first_sequence);
}

std::expected<events::Batch, std::string> parse_frame(std::string_view frame)
{
    if (!frame.starts_with(kTopicPrefix)) return std::unexpected{"the topic is not ours"};
    const auto topic_end = frame.find(kTopicEnd);
    if (topic_end == std::string_view::npos) return std::unexpected{"the topic has no end"};
    const auto topic_node = frame.substr(kTopicPrefix.size(), topic_end - kTopicPrefix.size());
    if (!events::is_node_name(topic_node)) return std::unexpected{"the topic names no valid node"};

    auto result = events::parse_batch(frame.substr(topic_end + 1));
    if (result && result->node != topic_node) return std::unexpected{"the batch names another node than the topic"};
    return result;
}

} // namespace peer_observer::bus
