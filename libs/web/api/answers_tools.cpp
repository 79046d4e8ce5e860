// Anomalies, addresses, and the health of this service.
#include "libs/web/api/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <vector>

namespace peer_observer::web {
namespace {

constexpr std::size_t kMostSystems = 100;

using AnomalyEntry = std::pair<const std::uint64_t, Anomalies::Record>;

Json report_json(const Anomalies::Record& record)
{
    proto::Event event;
    *event.mutable_anomaly()->mutable_updated() = record.report;
    return fields_of(event);
}

Json node_names(const Anomalies::Record& record)
{
    Json names = Json::array();
    for (const auto& node : record.report.nodes())
        names.push_back(node.node());
    return names;
}

Json anomaly_json(const Anomalies::Record& record)
{
    auto json = report_json(record);
    json.erase("nodes");
    if (record.is_open()) json.erase("ending");
    json["state"] = record.is_open() ? "open" : "closed";
    json["opened_ns"] = record.opened_ns;
    json["updated_ns"] = record.updated_ns;
    if (!record.is_open()) json["closed_ns"] = record.closed_ns;
    json["updates"] = record.updates;
    json["node_names"] = node_names(record);
    return json;
}

struct Group {
    std::uint64_t announcements = 0;
    std::uint64_t addresses = 0;
    std::uint64_t checked = 0;
    std::uint64_t reachable = 0;

    void add(const Addresses::Known& known)
    {
        announcements += known.announcements;
        ++addresses;
        checked += known.is_checked ? 1 : 0;
        reachable += known.is_reachable ? 1 : 0;
    }
    void add_to(Json& json) const
    {
        json["announcements"] = announcements;
        json["addresses"] = addresses;
        json["checked"] = checked;
        json["reachable"] = reachable;
    }
};

Json networks_json(const std::map<int, Group>& groups)
{
    Json list = Json::array();
    for (const auto& [network, group] : groups) {
        Json json = {{"network", proto::Address_Network_Name(static_cast<proto::Address_Network>(network))}};
        group.add_to(json);
        list.push_back(std::move(json));
    }
    return list;
}

Json systems_json(const asmap::AutonomousSystems& systems, const std::map<std::uint32_t, Group>& groups)
{
    std::vector<std::pair<std::uint32_t, Group>> largest{groups.begin(), groups.end()};
    std::ranges::stable_sort(largest, std::greater{}, [](const auto& entry) { return entry.second.addresses; });
    if (largest.size() > kMostSystems) largest.resize(kMostSystems);
    Json list = Json::array();
    for (const auto& [number, group] : largest) {
        Json json = {{"mapped_as", number}};
        if (const auto name = systems.names().find(number); !name.empty()) json["as_name"] = name;
        group.add_to(json);
        list.push_back(std::move(json));
    }
    return list;
}

Json check_json(const Addresses::Check& check)
{
    proto::Event event;
    *event.mutable_addr_connectivity()->mutable_address_checked() = check.check;
    auto json = fields_of(event);
    for (const auto* name : {"announcements", "announcement_count", "started_ns", "through_proxy", "time_offset_s",
                             "first_bytes", "ptr_name"})
        json.erase(name);
    Json whole = {{"timestamp_ns", check.timestamp_ns}};
    whole.update(json);
    return whole;
}

Json publishers_json(const State& state)
{
    Json list = Json::array();
    for (const auto& [id, publisher] : state.publishers()) {
        Json contexts = Json::array();
        for (const auto context : publisher.contexts) {
            const auto* field = proto::Event::descriptor()->FindFieldByNumber(static_cast<int>(context));
            contexts.push_back(field == nullptr ? std::string{"unknown"} : std::string{field->name()});
        }
        list.push_back({{"node", publisher.node},
                        {"publisher", fmt::format("{:016x}", id)},
                        {"next_sequence", publisher.next_sequence},
                        {"last_ns", publisher.last_ns},
                        {"contexts", std::move(contexts)},
                        {"missed_events", publisher.missed_events},
                        {"is_ended", publisher.is_ended}});
    }
    return list;
}

Json losses_json(const State& state)
{
    Json list = Json::array();
    for (const auto& loss : state.losses()) {
        Json json = {{"noticed_ns", loss.noticed_ns},
                     {"node", loss.node},
                     {"publisher", fmt::format("{:016x}", loss.publisher_id)}};
        if (loss.cause.empty()) {
            json["kind"] = "missed";
            json["first_sequence"] = loss.first_sequence;
        } else {
            json["kind"] = "events_lost";
            json["tracepoint"] = loss.tracepoint;
            json["cause"] = loss.cause;
        }
        if (loss.count) json["count"] = *loss.count;
        list.push_back(std::move(json));
    }
    return list;
}

Json state_json(const State& state)
{
    std::size_t peers = 0;
    std::size_t events = 0;
    std::size_t bytes = state.latest().bytes();
    for (const auto& [name, node] : state.nodes()) {
        peers += node->peers().size() + node->gone().size();
        bytes += node->history_bytes();
        for (const auto& [key, peer] : node->peers())
            events += peer.history.events().size();
        for (const auto& peer : node->gone())
            events += peer.history.events().size();
    }
    return {{"nodes", state.nodes().size()},
            {"peers", peers},
            {"events", events},
            {"events_bytes", bytes},
            {"transactions", state.inventory().transactions().size()},
            {"blocks", state.inventory().connected_blocks().size() + state.inventory().announced_blocks().size()},
            {"addresses", state.addresses().known().size()},
            {"anomalies", state.anomalies().records().size()}};
}

} // namespace

Json anomalies(const View& view, const Request& request)
{
    request.allow({"state", "node", "kind", "limit", "from_ns", "at_ns"});
    const auto limit = request.number("limit", 1, 1000).value_or(200);
    const auto state = request.text("state");
    if (state && *state != "open" && *state != "closed") throw ApiError{400, "state: it is open or closed"};
    const auto kind = request.text("kind");
    const auto node = request.text("node");
    std::vector<const Anomalies::Record*> records;
    for (const auto& [id, record] : view.state.anomalies().records()) {
        if (state && record.is_open() != (*state == "open")) continue;
        if (kind && record.report.kind() != *kind) continue;
        const auto is_there = [&](const auto& seen) { return seen.node() == *node; };
        if (node && std::ranges::none_of(record.report.nodes(), is_there)) continue;
        records.push_back(&record);
    }
    std::ranges::stable_sort(records, std::greater{}, [](const auto* record) { return record->updated_ns; });
    if (records.size() > limit) records.resize(limit);
    Json list = Json::array();
    for (const auto* record : records)
        list.push_back(anomaly_json(*record));
    return {{"anomalies", std::move(list)}};
}

Json anomaly(const View& view, const std::string& text)
{
    std::uint64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id, 16);
    const auto& records = view.state.anomalies().records();
    const auto found = records.find(id);
    if (error != std::errc{} || end != text.data() + text.size() || found == records.end())
        throw ApiError{404, fmt::format("no anomaly '{}'", text)};
    auto json = anomaly_json(found->second);
    json["nodes"] = report_json(found->second)["nodes"];
    if (!json["nodes"].is_array()) json["nodes"] = Json::array();
    for (auto& node : json["nodes"])
        for (auto& evidence : node["evidence"]) {
            const auto event_id = evidence["publisher_id"].get<std::string>() + "-" +
                                  std::to_string(evidence["sequence"].get<std::uint64_t>());
            evidence["id"] = event_id;
            const auto kept = view.state.find(*parse_event_id(event_id)).event;
            evidence["is_kept"] = kept != nullptr;
            proto::Event event;
            if (kept != nullptr && event.ParseFromString(kept->bytes)) add_summary(evidence, *kept, event);
        }
    return {{"anomaly", std::move(json)}};
}

Json addresses(const View& view, const Request& request)
{
    request.allow({"node", "from_ns", "at_ns"});
    const auto node = request.text("node");
    const auto& addresses = view.state.addresses();
    if (node && view.state.find(*node) == nullptr) throw ApiError{404, fmt::format("no node '{}'", *node)};
    const auto bit = node ? addresses.node_bit(*node) : 0;
    std::map<int, Group> networks;
    std::map<std::uint32_t, Group> systems;
    std::uint64_t count = 0;
    for (const auto& [address, known] : addresses.known()) {
        if (node && (known.nodes & bit) == 0) continue;
        ++count;
        networks[known.network].add(known);
        if (view.systems == nullptr) continue;
        if (const auto number = view.systems->find(std::string_view{address}); number != 0) systems[number].add(known);
    }
    Json json;
    if (!node) json["announcements"] = addresses.announcements();
    json["addresses"] = count;
    json["by_network"] = networks_json(networks);
    if (view.systems != nullptr) json["by_as"] = systems_json(*view.systems, systems);
    json["results"] = Json::array();
    for (const auto& [result, checks] : addresses.results())
        json["results"].push_back(
            {{"result", proto::AddressChecked_Result_Name(static_cast<proto::AddressChecked_Result>(result))},
             {"count", checks}});
    json["latest_checks"] = Json::array();
    for (auto check = addresses.latest_checks().rbegin(); check != addresses.latest_checks().rend(); ++check)
        json["latest_checks"].push_back(check_json(*check));
    return json;
}

Json health(const View& view)
{
    Json json = {{"started_ns", view.told(view.started_ns)}};
    json["sources"] = {{"configured", view.bus.configured_sources}, {"connected", view.bus.connected_sources}};
    if (view.is_public()) return json;
    json["lag_ns"] = view.state.lag_ns();
    json["bus"] = {{"events", view.state.events()},
                   {"batches", view.bus.batches},
                   {"bytes", view.bus.bytes},
                   {"missed_events", view.bus.missed_events},
                   {"unknown_losses", view.bus.unknown_losses},
                   {"bad_frames", view.bus.bad_frames},
                   {"refused_frames", view.bus.refused_frames},
                   {"bad_events", view.bad_events}};
    json["publishers"] = publishers_json(view.state);
    json["losses"] = losses_json(view.state);
    json["state"] = state_json(view.state);
    json["clients"] = {{"connections", view.clients.connections},
                       {"streams", view.clients.streams},
                       {"requests", view.clients.requests},
                       {"refused", view.clients.refused}};
    return json;
}

} // namespace peer_observer::web
