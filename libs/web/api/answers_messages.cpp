#include "libs/base/host_port.h"
#include "libs/web/api/answers.h"
#include "libs/web/api/pairs.h"
#include "libs/web/api/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <utility>
#include <vector>

namespace peer_observer::web {
namespace {

constexpr std::size_t kMostElsewhere = 100;

/// A peer's kept events, parsed, and their pairs.
struct Conversation {
    explicit Conversation(const Peer& peer)
    {
        for (const auto& one : peer.history.events()) {
            auto& event = events.emplace_back();
            parsed.push_back(event.ParseFromString(one->bytes) ? &event : nullptr);
            kept.push_back(one);
        }
        pairs = find_pairs(parsed);
    }

    std::deque<proto::Event> events; ///< which does not move them
    std::vector<KeptEventPtr> kept;
    std::vector<const proto::Event*> parsed;
    std::vector<Pairs> pairs;
};

void add_pairs(Json& json, const Conversation& talk, std::size_t index)
{
    const auto& pairs = talk.pairs[index];
    const auto pair_json = [&](const Pair& pair) -> Json {
        const auto here = talk.kept[index]->timestamp_ns;
        const auto there = talk.kept[pair.index]->timestamp_ns;
        return {{"id", to_string(talk.kept[pair.index]->id)},
                {"by", pair.by},
                {"duration_ns", std::max(here, there) - std::min(here, there)}};
    };
    if (pairs.answers) json["answers"] = pair_json(*pairs.answers);
    if (!pairs.answered_by.empty()) {
        json["answered_by"] = Json::array();
        for (const auto& pair : pairs.answered_by)
            json["answered_by"].push_back(pair_json(pair));
    }
    if (const auto& match = pairs.in_compact_block) {
        json["in_compact_block"] = pair_json({match->index, "short_ids"});
        json["in_compact_block"]["matched"] = match->matched;
        json["in_compact_block"]["transaction_count"] = match->transactions;
    }
    if (pairs.short_ids_matched > 0) json["short_ids_matched"] = pairs.short_ids_matched;
    if (pairs.asked > 0) {
        json["is_unanswered"] = pairs.unanswered > 0;
        if (pairs.unanswered > 0) json["unanswered_count"] = pairs.unanswered;
    }
}

Json item_json(const Conversation& talk, std::size_t index)
{
    const auto& kept = *talk.kept[index];
    Json json = {{"id", to_string(kept.id)}, {"timestamp_ns", kept.timestamp_ns}};
    const auto* event = talk.parsed[index];
    if (event == nullptr) {
        json["kind"] = events::kind_name(kept.context, kept.arm);
        return json;
    }
    add_summary(json, kept, *event);
    if (kept.payload_omitted) json["payload_omitted"] = true;
    add_pairs(json, talk, index);
    return json;
}

Json message_json(const View& view, const Node& node, const Peer& peer, const Conversation& talk, std::size_t index)
{
    const auto& kept = *talk.kept[index];
    Json json = {{"id", to_string(kept.id)},
                 {"node", *node.name()},
                 {"peer_id", peer.key.peer_id},
                 {"process", to_string(peer.key.process)}};
    add_pairs(json, talk, index);
    json["payload_omitted"] = kept.payload_omitted;
    json["event"] = event_json(kept, *talk.parsed[index], view.systems);
    return json;
}

const Peer& peer_of(const Request& request, const Node& node, const std::string& text)
{
    std::int64_t peer_id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), peer_id);
    if (error != std::errc{} || end != text.data() + text.size())
        throw ApiError{400, fmt::format("'{}' is not the number of a peer", text)};
    const Peer* peer = nullptr;
    if (const auto process = request.text("process")) {
        const auto known = parse_process(*process);
        if (!known) throw ApiError{400, fmt::format("process: '{}' is not PID.START", *process)};
        peer = node.find(PeerKey{*known, peer_id});
    } else {
        peer = node.find(peer_id);
    }
    if (peer == nullptr)
        throw ApiError{404, fmt::format("node {} has no peer {} that is remembered", *node.name(), peer_id)};
    return *peer;
}

Json elsewhere(const View& view, const Peer& own)
{
    Json list = Json::array();
    const auto host = base::host_of(own.address);
    const auto look = [&](const Node& node, const Peer& peer) {
        if (&peer == &own || list.size() >= kMostElsewhere || base::host_of(peer.address) != host) return;
        list.push_back({{"node", *node.name()},
                        {"by", peer.address == own.address ? "address" : "host"},
                        {"peer", peer_json(view, node, peer)}});
    };
    if (host.empty()) return list;
    for (const auto& [name, node] : view.state.nodes()) {
        for (const auto& [key, peer] : node->peers())
            look(*node, peer);
        for (const auto& peer : node->gone())
            look(*node, peer);
    }
    return list;
}

EventId event_id(const std::string& text)
{
    const auto id = parse_event_id(text);
    if (!id) throw ApiError{400, fmt::format("'{}' is not the id of a message: PUBLISHER-SEQUENCE", text)};
    return *id;
}

} // namespace

void add_summary(Json& json, const KeptEvent& kept, const proto::Event& event)
{
    json["kind"] = events::kind_name(kept.context, kept.arm);
    if (event.has_message()) {
        const bool is_in = event.message().has_inbound();
        const auto& message = is_in ? event.message().inbound() : event.message().outbound();
        json["direction"] = is_in ? "inbound" : "outbound";
        json["message_type"] = message.message_type();
        json["size"] = message.size();
        if (message.has_decode_error()) json["decode_error"] = message.decode_error();
    }
    json["text"] = text_of(kept, event);
}

Json peer(const View& view, const Request& request, const std::string& node_name, const std::string& peer_id)
{
    request.allow({"process", "before", "limit", "message_type", "from_ns", "at_ns"});
    const auto* node = view.state.find(node_name);
    if (node == nullptr) throw ApiError{404, fmt::format("no node '{}'", node_name)};
    const auto& peer = peer_of(request, *node, peer_id);
    const auto limit = request.number("limit", 1, 1000).value_or(200);
    const auto& types = request.all("message_type");

    const Conversation talk{peer};
    auto end = talk.kept.size();
    if (const auto before = request.text("before")) {
        const auto id = event_id(*before);
        end = static_cast<std::size_t>(
            std::ranges::find_if(talk.kept, [&](const auto& kept) { return kept->id == id; }) - talk.kept.begin());
    }
    std::vector<std::size_t> shown;
    bool has_older = false;
    for (auto i = end; i-- > 0;) {
        const auto* event = talk.parsed[i];
        if (!types.empty()) {
            if (event == nullptr || !event->has_message()) continue;
            const auto& message = event->message();
            const auto& type =
                message.has_inbound() ? message.inbound().message_type() : message.outbound().message_type();
            if (std::ranges::find(types, type) == types.end()) continue;
        }
        has_older = shown.size() == limit;
        if (has_older) break;
        shown.push_back(i);
    }
    Json conversation = Json::array();
    for (auto i = shown.rbegin(); i != shown.rend(); ++i)
        conversation.push_back(item_json(talk, *i));
    return {
        {"node", node_name},      {"peer", peer_json(view, *node, peer)},     {"conversation", std::move(conversation)},
        {"has_older", has_older}, {"dropped_events", peer.history.dropped()}, {"elsewhere", elsewhere(view, peer)}};
}

void for_each_message(const View& view, const Node& node, const Peer& peer,
                      const std::function<void(const EventId&, Json&&)>& use)
{
    const Conversation talk{peer};
    for (std::size_t i = 0; i < talk.kept.size(); ++i)
        if (talk.parsed[i] != nullptr) use(talk.kept[i]->id, message_json(view, node, peer, talk, i));
}

Json message(const View& view, const Request& request, const std::string& text)
{
    request.allow({"node", "from_ns", "at_ns"});
    const auto id = event_id(text);
    const auto found = view.state.find(id);
    proto::Event event;
    if (!found.event || !event.ParseFromString(found.event->bytes))
        throw ApiError{404, fmt::format("the event {} is not kept, or no longer", text)};
    if (found.peer != nullptr) {
        const Conversation talk{*found.peer};
        const auto place = std::ranges::find(talk.kept, found.event) - talk.kept.begin();
        return message_json(view, *found.node, *found.peer, talk, static_cast<std::size_t>(place));
    }
    return {{"id", text},
            {"node", *found.event->node},
            {"payload_omitted", found.event->payload_omitted},
            {"event", event_json(*found.event, event, view.systems)}};
}

SelectedEvents select_events(const View& view, const Request& request, std::uint64_t default_limit, bool counts_older)
{
    allow_selection(request, {"before", "limit", "from_ns", "at_ns"});
    const auto limit = request.number("limit", 1, 1000).value_or(default_limit);
    const Selection selection{request, view.systems};
    const auto& latest = view.state.latest().events();
    auto end = latest.size();
    if (const auto before = request.text("before")) {
        const auto id = event_id(*before);
        end = static_cast<std::size_t>(std::ranges::find_if(latest, [&](const auto& kept) { return kept->id == id; }) -
                                       latest.begin());
        if (end == latest.size()) end = 0; // forgotten, and with it what was before
    }
    SelectedEvents selected;
    for (auto i = end; i-- > 0 && (counts_older || !selected.has_older);) {
        if (!selection.selects(*latest[i]->node, events::view_event(latest[i]->bytes))) continue;
        if (selected.events.size() < limit) {
            selected.events.push_back(latest[i]);
            continue;
        }
        selected.has_older = true;
        ++selected.older;
    }
    std::ranges::reverse(selected.events);
    return selected;
}

Json events(const View& view, const Request& request)
{
    const auto selected = select_events(view, request, 100, false);
    Json list = Json::array();
    proto::Event event;
    for (const auto& kept : selected.events)
        if (event.ParseFromString(kept->bytes)) list.push_back(event_json(*kept, event, view.systems));
    return {{"events", std::move(list)}, {"has_older", selected.has_older}};
}

} // namespace peer_observer::web
