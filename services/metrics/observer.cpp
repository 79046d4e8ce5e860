#include "services/metrics/observer.h"

#include <spdlog/spdlog.h>

#include <cstddef>

namespace peer_observer::metrics {
namespace {

constexpr std::size_t kMaxNodes = 256;

} // namespace

Observer::Observer(Registry& registry, const IpLists& lists, const AsOptions& as_options, const Moment& start,
                   const KnownPeersOption& known_peers)
    : registry_{registry}, lists_{lists}, known_peers_{known_peers}, as_options_{as_options}, start_{start}
{}

Node& Observer::node(std::string_view name)
{
    auto found = nodes_.find(name);
    if (found == nodes_.end() && nodes_.size() >= kMaxNodes) {
        name = kOther;
        found = nodes_.find(name);
    }
    if (found == nodes_.end())
        found = nodes_.emplace(name, std::make_unique<Node>(registry_, name, lists_, as_options_, known_peers_, start_))
                    .first;
    return *found->second;
}

void Observer::observe(const bus::Batch& batch, const Moment& now)
{
    Node& target = node(batch.node);
    target.health().observe_batch(batch.publisher_id, batch.event_count, batch.missed, now);
    if (batch.event_count == 0) return;

    const bool is_counted = target.health().is_counted(now);
    reader_.each(
        batch, [&](const auto& event, const auto&) { target.observe(event, batch.publisher_id, is_counted, now); },
        [&](const auto& bad) {
            target.health().count_unparsable();
            bad_events_.add(batch, bad);
        });
    target.flush();
}

void Observer::tick(const Moment& now)
{
    for (auto& [name, target] : nodes_) {
        target->tick(now);
        if (const auto twins = target->health().take_twins())
            spdlog::warn("two publishers send the {} events of node {}: only those of the first are counted; see "
                         "--node of the extractors",
                         *twins, name);
    }
}

} // namespace peer_observer::metrics
