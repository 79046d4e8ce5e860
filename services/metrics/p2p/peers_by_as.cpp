#include "services/metrics/p2p/peers_by_as.h"

#include "libs/base/host_port.h"
#include "libs/base/ip.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>

namespace peer_observer::metrics {
namespace {

constexpr std::size_t kMostProcesses = 16;
constexpr std::size_t kMaxPeers = 4096; // of a process: 32 times Core's default of 125
constexpr std::string_view kUnmapped = "unmapped";

enum AsFigure : std::uint8_t {
    opened = 0,
    closed = 2,
    evicted = 4,
    misbehaving = 5,
    figures = 6
}; // the first two by direction

BoundedCounters::Series describe_figure(std::size_t figure)
{
    if (figure == misbehaving) return {metric("as_misbehaving_total"), {}};
    if (figure == evicted) return {metric("as_evicted_total"), {}};
    const auto direction = kDirectionNames.at(figure % 2);
    return {figure >= closed ? metric("as_closed_total") : metric("as_opened_total"), {direction}};
}

std::size_t by_direction(AsFigure figure, Direction direction) { return figure + index(direction); }

Direction direction_of(std::string_view connection_type)
{
    return connection_type == "inbound" ? Direction::inbound : Direction::outbound;
}

/// The name of the label's value; 0 is for those that are not in the map.
std::string asn_text(std::uint32_t asn) { return asn == 0 ? std::string{kUnmapped} : std::to_string(asn); }

} // namespace

PeersByAs::PeersByAs(NodeRegistry& registry, const AsOptions& options) : options_{options}, gauges_{registry}
{
    if (options_.systems == nullptr) return;
    counters_.emplace(registry, metric("as_opened_total"), figures, describe_figure);
    counters_->keep(kUnmapped);
    for (std::size_t figure = 0; figure < figures; ++figure)
        counters_->start_at_zero(figure);
}

void PeersByAs::seen(const ConnectionState::ProcessId& id)
{
    if (!counters_ || (!processes_.empty() && processes_.back().id == id)) return;
    const auto found = std::ranges::find(processes_, id, &Process::id);
    if (found != processes_.end()) {
        std::rotate(found, std::next(found), processes_.end());
        return;
    }
    for (Process& process : processes_)
        process.peers.clear();
    if (processes_.size() == kMostProcesses) processes_.erase(processes_.begin());
    processes_.push_back({id, {}});
}

void PeersByAs::publisher_gone(std::uint64_t publisher_id)
{
    std::erase_if(processes_, [&](const Process& process) { return process.id.publisher_id == publisher_id; });
}

void PeersByAs::forget(std::int64_t peer_id)
{
    if (!processes_.empty()) processes_.back().peers.erase(peer_id);
}

PeersByAs::Peer PeersByAs::look_up(std::string_view address, std::string_view connection_type, bool is_ip) const
{
    const auto ip = is_ip ? base::parse_ip(base::host_of(address)) : std::nullopt;
    if (!ip) return {.has_as = false};
    return {.has_as = true, .direction = direction_of(connection_type), .asn = options_.systems->find(*ip)};
}

PeersByAs::Peer& PeersByAs::place(std::int64_t peer_id)
{
    auto& peers = processes_.back().peers;
    if (peers.size() >= kMaxPeers) peers.clear(); // the closing of many got lost
    return peers[peer_id];
}

void PeersByAs::observe(const proto::Connection& event)
{
    if (!counters_ || processes_.empty()) return;
    const auto of_ended = [this](const proto::EndedConnection& ended) {
        return look_up(ended.address(), ended.connection_type(), is_ip(ended.network()));
    };
    const auto count = [this](const Peer& peer, std::size_t figure) {
        if (peer.has_as) counters_of(peer.asn)[figure].Increment();
    };
    switch (event.event_case()) {
    case proto::Connection::kInbound:
    case proto::Connection::kOutbound: {
        const auto& connection = event.has_inbound() ? event.inbound() : event.outbound();
        const Peer peer = look_up(connection.address(), connection.connection_type(), is_ip(connection.network()));
        place(connection.peer_id()) = peer;
        count(peer, by_direction(opened, peer.direction));
        break;
    }
    case proto::Connection::kClosed: {
        const Peer peer = of_ended(event.closed());
        count(peer, by_direction(closed, peer.direction));
        break;
    }
    case proto::Connection::kEvicted:
        count(of_ended(event.evicted()), evicted);
        break;
    case proto::Connection::kMisbehaving: {
        const auto& peers = processes_.back().peers;
        if (const auto found = peers.find(event.misbehaving().peer_id()); found != peers.end())
            count(found->second, misbehaving);
        break;
    }
    case proto::Connection::EVENT_NOT_SET:
        break;
    }
}

void PeersByAs::observe(const proto::Message& event)
{
    if (!counters_ || processes_.empty() || (!event.has_inbound() && !event.has_outbound())) return;
    const auto& message = event.has_inbound() ? event.inbound() : event.outbound();
    if (processes_.back().peers.contains(message.peer_id())) return;
    // A message does not say through which network: onion peers have the address of a proxy, which is not global.
    const auto ip = base::parse_ip(base::host_of(message.address()));
    place(message.peer_id()) =
        look_up(message.address(), message.connection_type(), ip && base::is_global_unicast(*ip));
}

/// The largest ones have counters of their own. One that is not among them becomes one of them when it has been counted
/// more often than the smallest, which is folded.
BoundedCounters::Value& PeersByAs::counters_of(std::uint32_t asn)
{
    if (asn == 0) return counters_->at(kUnmapped);
    const auto total = ++totals_[asn];
    if (!shown_.contains(asn)) {
        if (shown_.size() >= options_.shown) {
            const auto smallest = std::ranges::min_element(shown_, {}, [this](auto one) { return totals_.at(one); });
            if (totals_.at(*smallest) >= total) return counters_->other();
            counters_->fold(asn_text(*smallest));
            shown_.erase(smallest);
        }
        shown_.insert(asn);
    }
    return counters_->at(asn_text(asn));
}

void PeersByAs::show()
{
    if (!counters_) return;
    std::set<std::uint32_t> named = shown_;
    for (const auto direction : {Direction::inbound, Direction::outbound})
        show_peers(direction, named);
    for (const auto asn : named)
        gauges_.set(metric("as_info"), 1, {asn_text(asn), options_.systems->names().find(asn)});
    gauges_.set(metric("as_info"), 1, {kUnmapped, ""});
    gauges_.set(metric("as_info"), 1, {kOther, ""});
    gauges_.finish();
}

void PeersByAs::show_peers(Direction direction, std::set<std::uint32_t>& named)
{
    std::map<std::uint32_t, std::uint64_t> counts;
    std::uint64_t unmapped = 0;
    std::uint64_t all = 0;
    for (const auto& process : processes_) {
        for (const auto& [id, peer] : process.peers) {
            if (!peer.has_as || peer.direction != direction) continue;
            ++all;
            ++(peer.asn == 0 ? unmapped : counts[peer.asn]);
        }
    }
    const auto name = kDirectionNames.at(index(direction));
    std::vector<std::pair<std::uint64_t, std::uint32_t>> largest; // and of equal ones, the lowest number
    largest.reserve(counts.size());
    for (const auto& [asn, count] : counts)
        largest.emplace_back(count, ~asn);
    std::ranges::sort(largest, std::greater{});
    std::uint64_t others = 0;
    for (std::size_t i = 0; i < largest.size(); ++i) {
        const auto& [count, inverted] = largest[i];
        if (i >= options_.shown) {
            others += count;
            continue;
        }
        gauges_.set(metric("as_peers"), static_cast<double>(count), {asn_text(~inverted), name});
        named.insert(~inverted);
    }
    gauges_.set(metric("as_peers"), static_cast<double>(others), {kOther, name});
    gauges_.set(metric("as_peers"), static_cast<double>(unmapped), {kUnmapped, name});
    gauges_.set(metric("as_unmapped_peers"), static_cast<double>(unmapped), {name});
    gauges_.set(metric("as_distinct"), static_cast<double>(counts.size()), {name});
    if (!largest.empty())
        gauges_.set(metric("as_largest_share"), static_cast<double>(largest.front().first) / static_cast<double>(all),
                    {name});
}

} // namespace peer_observer::metrics
