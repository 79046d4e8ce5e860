#include "services/metrics/p2p/connections.h"

#include "libs/base/host_port.h"
#include "libs/base/ip.h"

#include <algorithm>
#include <string>

namespace peer_observer::metrics {
namespace {

struct KnownList {
    std::string_view name;
    Metric metric;
};
constexpr auto kKnownLists = std::to_array<KnownList>({
    {"banlist_gmax", metric("conn_inbound_banlist_gmax")},
    {"banlist_monero", metric("conn_inbound_banlist_monero")},
    {"linkinglion", metric("conn_inbound_list_linkinglion")},
    {"tor_exit", metric("conn_inbound_tor_exit")},
});

constexpr auto kMisbehaving = std::to_array<Metric>({metric("conn_misbehaving"), metric("conn_misbehaving_reason")});

void show(OptionalGauge& gauge, std::optional<std::uint64_t> value)
{
    if (value) {
        gauge.set(static_cast<double>(*value));
    } else {
        gauge.clear();
    }
}

} // namespace

Connections::Connections(NodeRegistry& registry, const IpLists& lists)
    : inbound_{registry.counter(metric("conn_inbound"))},
      inbound_by_network_{by_network(registry, metric("conn_inbound_network"))},
      inbound_current_{registry, metric("conn_inbound_current")}, outbound_{registry.counter(metric("conn_outbound"))},
      outbound_current_{registry, metric("conn_outbound_current")},
      outbound_by_network_{by_network(registry, metric("conn_outbound_network"))},
      closed_{registry.counter(metric("conn_closed"))},
      closed_by_network_{by_network(registry, metric("conn_closed_network"))},
      closed_age_{registry.counter(metric("conn_closed_age"))},
      evicted_{registry.counter(metric("conn_evicted_inbound"))},
      misbehaving_{registry, kMisbehaving[0], kMisbehaving.size(),
                   [](std::size_t i) { return BoundedCounters::Series{kMisbehaving.at(i), {}}; }},
      private_broadcasts_{registry.counter(metric("conn_outbound_private_broadcast_total"))}
{
    for (std::size_t i = 0; i < kMisbehaving.size(); ++i)
        misbehaving_.start_at_zero(i);
    for (const auto& list : lists.lists()) {
        const auto known = std::ranges::find(kKnownLists, list.name, &KnownList::name);
        lists_.push_back({&list, &registry.counter(metric("conn_inbound_listed_total"), {list.name}),
                          known == kKnownLists.end() ? nullptr : &registry.counter(known->metric)});
    }
}

Connections::ByNetwork Connections::by_network(NodeRegistry& registry, Metric metric)
{
    ByNetwork counters{};
    for (std::size_t i = 0; i < counters.size(); ++i)
        counters[i] = &registry.counter(metric, {i + 1 < counters.size() ? std::to_string(i) : "other"});
    return counters;
}

void Connections::increment(ByNetwork& counters, proto::Network network)
{
    const auto number = static_cast<std::size_t>(network); // any: a new Core may have a new one
    counters[std::min(number, counters.size() - 1)]->Increment();
}

bool Connections::seen(const ConnectionState::ProcessId& id)
{
    const auto process = state_.seen(id);
    if (process != ConnectionState::Process::same) show_current();
    return process == ConnectionState::Process::unknown;
}

void Connections::publisher_gone(std::uint64_t publisher_id)
{
    state_.publisher_gone(publisher_id);
    show_current();
}

void Connections::track(const proto::Connection& event)
{
    switch (event.event_case()) {
    case proto::Connection::kInbound:
        state_.opened(Direction::inbound, event.inbound().peer_id(), event.inbound().connection_count());
        break;
    case proto::Connection::kOutbound:
        state_.opened(Direction::outbound, event.outbound().peer_id(), event.outbound().connection_count());
        break;
    case proto::Connection::kClosed: {
        const bool inbound = event.closed().connection_type() == "inbound";
        state_.closed(inbound ? Direction::inbound : Direction::outbound, event.closed().peer_id());
        break;
    }
    case proto::Connection::kEvicted:
        state_.evicted(event.evicted().peer_id());
        break;
    default:
        return;
    }
    show_current();
}

bool Connections::count(const proto::Connection& event, double time_s)
{
    switch (event.event_case()) {
    case proto::Connection::kInbound:
        observe_inbound(event.inbound());
        break;
    case proto::Connection::kOutbound:
        observe_outbound(event.outbound());
        break;
    case proto::Connection::kClosed:
        observe_closed(event.closed(), time_s);
        break;
    case proto::Connection::kEvicted:
        evicted_.Increment();
        break;
    case proto::Connection::kMisbehaving: {
        auto& counters = misbehaving_.at(event.misbehaving().reason());
        for (std::size_t i = 0; i < kMisbehaving.size(); ++i)
            counters[i].Increment();
        break;
    }
    case proto::Connection::EVENT_NOT_SET:
        return false;
    }
    return true;
}

void Connections::observe_inbound(const proto::OpenedConnection& connection)
{
    inbound_.Increment();
    increment(inbound_by_network_, connection.network());
    if (lists_.empty()) return;
    const auto ip = base::parse_ip(base::host_of(connection.address()));
    if (!ip) return;
    for (const ListCounters& counters : lists_) {
        if (!counters.list->addresses.contains(*ip)) continue;
        counters.listed->Increment();
        if (counters.known != nullptr) counters.known->Increment();
    }
}

void Connections::observe_outbound(const proto::OpenedConnection& connection)
{
    outbound_.Increment();
    increment(outbound_by_network_, connection.network());
    if (connection.connection_type() == "private-broadcast") private_broadcasts_.Increment();
}

void Connections::observe_closed(const proto::EndedConnection& connection, double time_s)
{
    closed_.Increment();
    increment(closed_by_network_, connection.network());
    // By the node's clock, which may be ahead. 0 where it could not be read.
    const auto established_s = static_cast<double>(connection.established_s());
    if (established_s > 0) closed_age_.Increment(std::max(0.0, time_s - established_s));
}

void Connections::show_current()
{
    show(inbound_current_, state_.current(Direction::inbound));
    show(outbound_current_, state_.current(Direction::outbound));
}

} // namespace peer_observer::metrics
