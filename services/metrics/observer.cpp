#include "services/metrics/observer.h"

#include <fmt/format.h>
#include <protozero/pbf_reader.hpp>

#include <cstddef>

namespace peer_observer::metrics {
namespace {

constexpr std::size_t kArenaBlockBytes = std::size_t{1} << 20U; // what a common batch needs, and more
constexpr std::size_t kMaxNodes = 256;

google::protobuf::ArenaOptions arena_options(char* block)
{
    google::protobuf::ArenaOptions options;
    options.initial_block = block;
    options.initial_block_size = kArenaBlockBytes;
    return options;
}

} // namespace

Observer::Observer(Registry& registry, const IpLists& lists, Log log, const Moment& start)
    : registry_{registry}, lists_{lists}, log_{std::move(log)}, start_{start},
      arena_block_{std::make_unique<char[]>(kArenaBlockBytes)}, arena_{arena_options(arena_block_.get())}
{}

Node& Observer::node(std::string_view name)
{
    auto found = nodes_.find(name);
    if (found == nodes_.end() && nodes_.size() >= kMaxNodes) {
        name = kOther;
        found = nodes_.find(name);
    }
    if (found == nodes_.end())
        found = nodes_.emplace(name, std::make_unique<Node>(registry_, name, lists_, start_)).first;
    return *found->second;
}

void Observer::observe(const bus::Batch& batch, const Moment& now)
{
    Node& target = node(batch.node);
    target.health().observe_batch(batch.publisher_id, batch.event_count, batch.missed, now);
    if (batch.event_count == 0) return;

    auto& parsed = *proto::EventBatch::default_instance().New(&arena_);
    if (parsed.ParseFromArray(batch.bytes.data(), static_cast<int>(batch.bytes.size()))) {
        for (const auto& event : parsed.events())
            target.observe(event, batch.publisher_id, now);
    } else {
        observe_readable_events(target, batch, now);
    }
    target.flush();
    arena_.Reset();
}

/// Event by event: one that is not a valid message must not take the others with it.
void Observer::observe_readable_events(Node& target, const bus::Batch& batch, const Moment& now)
{
    std::uint64_t unparsable = 0;
    protozero::pbf_reader reader{batch.bytes.data(), batch.bytes.size()}; // the bus has checked the envelope
    while (reader.next(proto::EventBatch::kEventsFieldNumber, protozero::pbf_wire_type::length_delimited)) {
        const auto bytes = reader.get_view();
        auto& event = *proto::Event::default_instance().New(&arena_);
        if (event.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
            target.observe(event, batch.publisher_id, now);
        } else {
            target.health().count_unparsable();
            ++unparsable;
        }
    }
    if (const auto left_out = unparsable_notices_.pass(now.steady)) {
        log_(fmt::format("skipped {} events of node {} that are not valid protobuf messages{}", unparsable, batch.node,
                         *left_out == 0 ? "" : fmt::format(" ({} such notices were left out)", *left_out)));
    }
}

void Observer::tick(const Moment& now)
{
    for (auto& [name, target] : nodes_)
        target->tick(now);
}

} // namespace peer_observer::metrics
