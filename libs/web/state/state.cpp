#include "libs/web/state/state.h"

#include <algorithm>
#include <utility>

namespace peer_observer::web {
namespace {

constexpr std::size_t kMostContexts = 64;

/// Events about a node, from what observes it. The others are of tools.
bool is_of_node(std::uint32_t context)
{
    switch (context) {
    case proto::Event::kAnomalyFieldNumber:
    case proto::Event::kAddrConnectivityFieldNumber:
    case 0: // none
        return false;
    default:
        return true;
    }
}

} // namespace

Node* State::node(std::string_view name)
{
    const auto found = nodes_.find(name);
    if (found != nodes_.end()) return found->second.get();
    if (nodes_.size() == kMaxNodes) return nullptr;
    return nodes_.emplace(name, std::make_unique<Node>(std::string{name}, inventory_)).first->second.get();
}

const Node* State::find(std::string_view node) const
{
    const auto found = nodes_.find(node);
    return found == nodes_.end() ? nullptr : found->second.get();
}

void State::lose(Loss loss)
{
    losses_.push_back(std::move(loss));
    if (losses_.size() > kMaxLosses) losses_.pop_front();
}

void State::add(const events::Batch& batch, const Arrival& arrival,
                const std::function<void(const events::BadEvent&)>& on_bad)
{
    if (publishers_.size() == kMaxPublishers && !publishers_.contains(batch.publisher_id))
        publishers_.erase(
            std::ranges::min_element(publishers_, {}, [](const auto& entry) { return entry.second.last_ns; }));
    auto& publisher = publishers_[batch.publisher_id];
    publisher.node = batch.node;
    publisher.next_sequence = batch.first_sequence + batch.event_count;
    publisher.last_ns = arrival.now_ns;
    publisher.missed_events += arrival.missed;
    publisher.is_ended = batch.last;
    const auto found = nodes_.find(batch.node);
    Node* known = found == nodes_.end() ? nullptr : found->second.get();
    if (known != nullptr) {
        if (!batch.last) known->heard(arrival.now_ns);
        known->missed(arrival.missed, arrival.unknown_loss.has_value());
    }
    if (arrival.missed > 0)
        lose({arrival.now_ns,
              std::string{batch.node},
              batch.publisher_id,
              batch.first_sequence - arrival.missed,
              arrival.missed,
              {},
              {}});
    if (arrival.unknown_loss)
        lose({arrival.now_ns,
              std::string{batch.node},
              arrival.unknown_loss->publisher_id,
              arrival.unknown_loss->next_sequence,
              std::nullopt,
              {},
              {}});

    auto name = names_.find(batch.node);
    if (name == names_.end()) {
        if (names_.size() == kMaxPublishers) names_.clear();
        name = names_.emplace(batch.node, std::make_shared<const std::string>(batch.node)).first;
    }
    reader_.each(
        batch,
        [&](const proto::Event& event, const events::EventView& view) {
            if (publisher.contexts.size() < kMostContexts) publisher.contexts.insert(view.context);
            observe(event, keep(name->second, batch.publisher_id, view, event));
        },
        on_bad);
    // A tool's events tell of what was before.
    if (batch.event_count > 0 && !latest_.events().empty() && is_of_node(latest_.events().back()->context))
        lag_ns_ = static_cast<std::int64_t>(arrival.now_ns) -
                  static_cast<std::int64_t>(latest_.events().back()->timestamp_ns);
    if (known == nullptr && !batch.last)
        if (const auto born = nodes_.find(batch.node); born != nodes_.end()) born->second->heard(arrival.now_ns);
}

void State::add_gap(const proto::ArchiveGap& gap)
{
    const auto& source = gap.source();
    const auto count = gap.count() > 0 ? std::optional<std::uint64_t>{gap.count()} : std::nullopt;
    lose({gap.noticed_ns(), source.node(), source.publisher_id(), gap.first_sequence(), count, {}, {}});
    if (const auto found = nodes_.find(source.node()); found != nodes_.end())
        found->second->missed(gap.count(), !count);
}

void State::observe(const proto::Event& event, const KeptEventPtr& kept)
{
    ++events_;
    latest_.add(kept);
    if (is_of_node(kept->context))
        if (Node* of = node(*kept->node)) of->observe(event, kept);
    if (event.has_anomaly()) anomalies_.observe(event.anomaly(), event.timestamp_ns());
    if (event.addr_connectivity().has_address_checked())
        addresses_.checked(event.addr_connectivity().address_checked(), event.timestamp_ns());
    if (event.has_events_lost()) {
        const auto& lost = event.events_lost();
        lose({event.timestamp_ns(), *kept->node, kept->id.publisher_id, 0, lost.count(),
              lost.tracepoint().substr(0, 100), proto::EventsLost_Cause_Name(lost.cause())});
    }
    if (event.message().has_inbound()) {
        const auto& payload = event.message().inbound().payload();
        const auto* addresses = payload.has_addr()     ? &payload.addr()
                                : payload.has_addrv2() ? &payload.addrv2()
                                                       : nullptr;
        if (addresses != nullptr) addresses_.announced(*addresses, *kept->node);
    }
    if (watcher_) watcher_(event, kept);
}

void State::tick(std::uint64_t now_ns, std::uint64_t gone_ns)
{
    for (auto& [name, node] : nodes_)
        node->tick(now_ns, gone_ns);
}

State::Found State::find(const EventId& id) const
{
    for (const auto& [name, node] : nodes_) {
        for (const auto& [key, peer] : node->peers())
            if (auto event = peer.history.find(id)) return {std::move(event), node.get(), &peer};
        for (const auto& peer : node->gone())
            if (auto event = peer.history.find(id)) return {std::move(event), node.get(), &peer};
    }
    if (auto event = latest_.find(id)) return {event, find(*event->node), nullptr};
    return {};
}

} // namespace peer_observer::web
