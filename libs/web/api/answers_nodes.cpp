#include "libs/base/host_port.h"
#include "libs/base/ip.h"
#include "libs/web/api/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <ranges>
#include <utility>

namespace peer_observer::web {
namespace {

constexpr std::uint64_t kUpNs = 15 * kSecond;
constexpr std::uint64_t kUpArchiveNs = 60 * kSecond;

/// Core's names (serviceFlagToStr(), protocol.cpp) without NODE_.
Json services_names(std::uint64_t services)
{
    static constexpr std::array kNames = {
        std::pair{0, "NETWORK"},          std::pair{2, "BLOOM"},
        std::pair{3, "WITNESS"},          std::pair{6, "COMPACT_FILTERS"},
        std::pair{10, "NETWORK_LIMITED"}, std::pair{11, "P2P_V2"},
    };
    Json names = Json::array();
    for (int bit = 0; bit < 64; ++bit) {
        if ((services >> bit & 1U) == 0) continue;
        const auto known = std::ranges::find(kNames, bit, &std::pair<int, const char*>::first);
        names.push_back(known == kNames.end() ? fmt::format("UNKNOWN[2^{}]", bit) : known->second);
    }
    return names;
}

Json rates_json(const View& view, const Node& node)
{
    const auto end_ns = view.now_ns - view.now_ns % Rates::kStepNs;
    return {{"end_ns", end_ns},
            {"step_s", Rates::kStepNs / kSecond},
            {"messages_in", node.rates().steps(Rates::messages_in, view.now_ns)},
            {"messages_out", node.rates().steps(Rates::messages_out, view.now_ns)},
            {"bytes_in", node.rates().steps(Rates::bytes_in, view.now_ns)},
            {"bytes_out", node.rates().steps(Rates::bytes_out, view.now_ns)}};
}

Json by_network(const Node& node, bool is_public)
{
    std::map<std::string, std::array<std::uint64_t, 2>> counts;
    for (const auto& [key, peer] : node.peers())
        ++counts[peer.network.value_or("UNKNOWN")][peer.is_inbound() ? 0 : 1];
    Json networks = Json::array();
    for (const auto& [network, count] : counts) {
        Json json = {{"network", network}};
        if (!is_public) json["inbound"] = count[0];
        json["outbound"] = count[1];
        if (!is_public || count[1] > 0) networks.push_back(std::move(json));
    }
    return networks;
}

/// Of those that the node has chosen itself.
Json by_type(const Node& node)
{
    std::map<std::pair<std::string, std::string>, std::uint64_t> counts;
    for (const auto& [key, peer] : node.peers())
        if (!peer.is_inbound()) ++counts[{peer.connection_type, peer.network.value_or("UNKNOWN")}];
    Json types = Json::array();
    for (const auto& [type, count] : counts)
        types.push_back({{"connection_type", type.first}, {"network", type.second}, {"count", count}});
    return types;
}

std::uint64_t open_anomalies(const View& view, const Node& node)
{
    std::uint64_t count = 0;
    for (const auto& [id, record] : view.state.anomalies().records())
        if (record.is_open())
            for (const auto& seen : record.report.nodes())
                count += seen.node() == *node.name() ? 1 : 0;
    return count;
}

bool is_up(const View& view, const Node& node)
{
    return view.mode == Mode::live ? node.heard_ns() + kUpNs > view.now_ns
                                   : node.last_event_ns() + kUpArchiveNs > view.now_ns;
}

Json node_json(const View& view, const Node& node)
{
    Json json = {{"node", *node.name()}, {"is_up", is_up(view, node)}};
    if (node.height()) json["height"] = *node.height();
    if (!node.tip_hash().empty()) json["tip_hash"] = node.tip_hash();
    if (node.tip_ns() > 0) json["tip_ns"] = view.told(node.tip_ns());
    json["peers_by_network"] = by_network(node, view.is_public());
    if (view.is_public()) return json;
    if (node.process()) json["process"] = to_string(*node.process());
    json["first_event_ns"] = node.first_event_ns();
    json["last_event_ns"] = node.last_event_ns();
    if (!node.subversion().empty()) json["subversion"] = node.subversion();
    json["peer_count"] = node.peers().size();
    json["gone_count"] = node.gone().size();
    json["rates"] = rates_json(view, node);
    json["events"] = node.events();
    json["events_lost"] = node.events_lost();
    json["missed_events"] = node.missed_events();
    json["unknown_losses"] = node.unknown_losses();
    json["open_anomalies"] = open_anomalies(view, node);
    return json;
}

Json types_json(const View& view, const Peer& peer)
{
    Json types = Json::array();
    for (const auto& [name, type] : peer.types) {
        Json json;
        add_text(json, "message_type", name);
        json["messages_in"] = type.in.messages;
        json["messages_out"] = type.out.messages;
        json["bytes_in"] = type.in.bytes;
        json["bytes_out"] = type.out.bytes;
        json["per_minute_in"] = type.in.per_minute(view.now_ns);
        json["per_minute_out"] = type.out.per_minute(view.now_ns);
        types.push_back(std::move(json));
    }
    return types;
}

void add_version(Json& json, const Peer& peer)
{
    if (!peer.version) {
        if (peer.subversion) add_text(json, "user_agent", *peer.subversion);
        return;
    }
    const auto& version = *peer.version;
    if (version.has_user_agent()) add_text(json, "user_agent", version.user_agent());
    json["version"] = version.version();
    json["services"] = version.services();
    json["services_names"] = services_names(version.services());
    if (version.has_start_height()) json["start_height"] = version.start_height();
    if (version.has_relay()) json["relay"] = version.relay();
}

void add_system(Json& json, const View& view, const Peer& peer)
{
    auto number = peer.mapped_as.value_or(0);
    if (number == 0 && view.systems != nullptr) number = view.systems->find(base::host_of(peer.address));
    if (number == 0) return;
    json["mapped_as"] = number;
    if (view.systems == nullptr) return;
    const auto name = view.systems->names().find(number);
    if (!name.empty()) json["as_name"] = name;
}

Json anomalies_of(const View& view, const Node& node, const Peer& peer)
{
    Json ids = Json::array();
    if (view.state.anomalies().records().empty()) return ids;
    const auto ip = base::parse_ip(base::host_of(peer.address));
    for (const auto& [id, record] : view.state.anomalies().records())
        for (const auto& seen : record.report.nodes()) {
            if (seen.node() != *node.name()) continue;
            // The detector's report names the process; a peer of another one has the same number.
            const Process process{seen.pid(), seen.process_start_ms()};
            if (seen.pid() != 0 && process != peer.key.process) continue;
            const auto takes_part = [&](const auto& part) { return part.peer_id() == peer.key.peer_id; };
            // The report lists the first of them; of a network, those that the node has are known.
            const bool is_in_network = record.network && ip && record.network->contains(*ip);
            if (is_in_network || std::ranges::any_of(seen.peers(), takes_part))
                ids.push_back(fmt::format("{:016x}", id));
        }
    return ids;
}

} // namespace

Json peer_json(const View& view, const Node& node, const Peer& peer)
{
    Json json = {{"peer_id", peer.key.peer_id}, {"process", to_string(peer.key.process)}, {"address", peer.address}};
    if (peer.network) json["network"] = *peer.network;
    add_system(json, view, peer);
    json["connection_type"] = peer.connection_type;
    json["direction"] = peer.is_inbound() ? "inbound" : "outbound";
    if (peer.transport) json["transport_protocol_type"] = *peer.transport;
    add_version(json, peer);
    if (peer.opened_ns > 0) json["opened_ns"] = peer.opened_ns;
    json["is_opening_known"] = peer.is_opening_known;
    if (peer.closed_ns > 0) json["closed_ns"] = peer.closed_ns;
    if (!peer.ending.empty()) json["ending"] = peer.ending;
    json["first_ns"] = peer.first_ns;
    json["last_ns"] = peer.last_ns;
    if (peer.in.messages + peer.out.messages > 0) {
        add_text(json, "last_message_type", peer.last_message_type);
        json["last_direction"] = peer.last_direction == Direction::inbound ? "inbound" : "outbound";
    }
    json["messages_in"] = peer.in.messages;
    json["messages_out"] = peer.out.messages;
    json["bytes_in"] = peer.in.bytes;
    json["bytes_out"] = peer.out.bytes;
    json["by_type"] = types_json(view, peer);
    if (peer.ping_ns) json["ping_ns"] = *peer.ping_ns;
    if (peer.min_ping_ns) json["min_ping_ns"] = *peer.min_ping_ns;
    if (peer.fee_filter_sat_per_kvb) json["fee_filter_sat_per_kvb"] = *peer.fee_filter_sat_per_kvb;
    json["first_blocks"] = peer.first_blocks;
    json["first_transactions"] = peer.first_transactions;
    json["misbehaving"] = peer.misbehaviours;
    json["undecodable"] = peer.undecodable;
    json["anomalies"] = anomalies_of(view, node, peer);
    return json;
}

Json nodes(const View& view)
{
    Json list = Json::array();
    for (const auto& [name, node] : view.state.nodes())
        list.push_back(node_json(view, *node));
    return {{"nodes", std::move(list)}};
}

Json node(const View& view, const std::string& name)
{
    const auto* known = view.state.find(name);
    if (known == nullptr) throw ApiError{404, fmt::format("no node '{}'", name)};
    Json json = {{"node", node_json(view, *known)}};
    if (view.is_public()) {
        json["peers_by_type"] = by_type(*known);
        return json;
    }
    json["peers"] = Json::array();
    for (const auto& [key, peer] : known->peers())
        json["peers"].push_back(peer_json(view, *known, peer));
    json["gone"] = Json::array();
    for (const auto& peer : std::views::reverse(known->gone()))
        json["gone"].push_back(peer_json(view, *known, peer));
    return json;
}

} // namespace peer_observer::web
