#include "libs/web/api/report.h"

#include "libs/base/utf8.h"
#include "libs/web/api/answers.h"
#include "libs/web/api/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace peer_observer::web {
namespace {

constexpr std::size_t kMostReportBytes = std::size_t{48} << 20U;
constexpr std::size_t kMostReportNodes = 32;
constexpr std::size_t kMostReportPeers = 60; ///< with their conversations
constexpr std::size_t kMostReportAnomalies = 200;
constexpr std::size_t kMostReportMessages = 5000;
constexpr std::uint64_t kMostReportEvents = 1000;
constexpr std::size_t kMostActivityKinds = 16;

constexpr std::string_view kPlace = "@ANSWERS@";

class Report {
public:
    explicit Report(const View& view) : view_{view} { view_.mode = Mode::report; }

    /// What the API would answer to `target`, under the path by which the pages look for it. What has no answer is left
    /// out.
    void add(const std::string& path, const std::string& target = {})
    {
        if (!has_room() || paths_.contains(path)) return;
        try {
            add_text(path, answer_text(Request{target.empty() ? path : target}, view_));
        } catch (const ApiError&) {
            return; // the pages say that the report does not have it
        }
    }

    /// False where it is there already, or does not fit.
    bool add(const std::string& path, Json&& content)
    {
        if (!has_room() || paths_.contains(path)) return false;
        add_always(path, std::move(content));
        return true;
    }

    void add_always(const std::string& path, Json&& content)
    {
        content["time_ns"] = view_.now_ns;
        add_text(path, to_text(content));
    }

    bool has_room() const { return answers_.size() < kMostReportBytes; }

    std::string text(std::string_view page) const
    {
        const auto place = page.find(kPlace);
        if (place == std::string_view::npos) throw ApiError{503, "this program was built without its pages"};
        return fmt::format("{}{{\"answers\":{{{}}}}}{}", page.substr(0, place), answers_,
                           page.substr(place + kPlace.size()));
    }

private:
    void add_text(const std::string& path, const std::string& text)
    {
        paths_.insert(path);
        answers_ += answers_.empty() ? "\"" : ",\"";
        add_inert(path);
        answers_ += "\":";
        add_inert(text);
    }

    /// So that no text of a peer ends the element that it is in. The rest is printable ASCII.
    void add_inert(const std::string& text)
    {
        for (const char c : text) {
            if (c == '<')
                answers_ += "\\u003c";
            else
                answers_ += c;
        }
    }

    View view_;
    std::string answers_;
    std::set<std::string> paths_;
};

struct Place {
    const Node* node = nullptr;
    const Peer* peer = nullptr;
};

/// Which peers and messages a report cannot do without.
class Wanted {
public:
    explicit Wanted(const View& view)
    {
        for (const auto& [name, node] : view.state.nodes()) {
            for (const auto& [key, peer] : node->peers())
                all_.push_back({node.get(), &peer});
            for (const auto& peer : node->gone())
                all_.push_back({node.get(), &peer});
        }
        for (const auto& place : all_)
            known_.emplace(std::pair{*place.node->name(), place.peer->key}, place.peer);
    }

    void peer(const std::string& node, const PeerKey& key)
    {
        const auto found = known_.find({node, key});
        if (found != known_.end()) peers_.insert(found->second);
    }
    void message(const EventId& id) { messages_.insert({id.publisher_id, id.sequence}); }

    bool has(const Peer& peer) const { return peers_.contains(&peer); }
    bool has(const EventId& id) const { return messages_.contains({id.publisher_id, id.sequence}); }
    std::size_t peer_count() const { return all_.size(); }

    /// Those that are wanted, then those that said most.
    std::vector<Place> peers() const
    {
        auto list = all_;
        std::ranges::stable_sort(list, std::greater{}, [&](const Place& one) {
            return std::tuple{has(*one.peer), one.peer->in.messages + one.peer->out.messages};
        });
        if (list.size() > kMostReportPeers) list.resize(kMostReportPeers);
        return list;
    }

private:
    std::vector<Place> all_;
    std::map<std::pair<std::string, PeerKey>, const Peer*> known_;
    std::set<const Peer*> peers_;
    std::set<std::pair<std::uint64_t, std::uint64_t>> messages_;
};

std::string message_path(const EventId& id) { return "/api/v1/messages/" + to_string(id); }

std::string peer_path(const Place& place)
{
    return fmt::format("/api/v1/nodes/{}/peers/{}?process={}", *place.node->name(), place.peer->key.peer_id,
                       to_string(place.peer->key.process));
}

/// The peer whose message or connection it is.
std::optional<PeerKey> peer_of(const proto::Event& event)
{
    const PeerKey key{{event.pid(), event.process_start_ms()}, 0};
    const auto with = [&](std::int64_t peer_id) { return PeerKey{key.process, peer_id}; };
    if (event.message().has_inbound()) return with(event.message().inbound().peer_id());
    if (event.message().has_outbound()) return with(event.message().outbound().peer_id());
    const auto& connection = event.connection();
    if (connection.has_inbound()) return with(connection.inbound().peer_id());
    if (connection.has_outbound()) return with(connection.outbound().peer_id());
    if (connection.has_closed()) return with(connection.closed().peer_id());
    if (connection.has_evicted()) return with(connection.evicted().peer_id());
    if (connection.has_misbehaving()) return with(connection.misbehaving().peer_id());
    return std::nullopt;
}

Json events_list(const ReportSubject& subject, const View& view, Wanted& wanted)
{
    Json list = Json::array();
    proto::Event event;
    for (const auto& kept : subject.events) {
        if (!event.ParseFromString(kept->bytes)) continue;
        list.push_back(event_json(*kept, event, view.systems));
        if (const auto peer = peer_of(event)) wanted.peer(*kept->node, *peer);
        wanted.message(kept->id);
    }
    return list;
}

std::size_t add_anomalies(const View& view, Wanted& wanted, Report& report)
{
    std::size_t count = 0;
    for (const auto& [id, record] : view.state.anomalies().records()) {
        if (++count > kMostReportAnomalies) continue;
        report.add(fmt::format("/api/v1/anomalies/{:016x}", id));
        for (const auto& node : record.report.nodes()) {
            for (const auto& peer : node.peers())
                wanted.peer(node.node(), {{node.pid(), node.process_start_ms()}, peer.peer_id()});
            for (const auto& evidence : node.evidence())
                wanted.message({evidence.publisher_id(), evidence.sequence()});
        }
    }
    return count - std::min(count, kMostReportAnomalies);
}

struct Messages {
    std::size_t added = 0;
    std::size_t all = 0;
};

/// First those that are wanted, then what else the peers said.
Messages add_messages(const View& view, const std::vector<Place>& peers, const Wanted& wanted, Report& report)
{
    Messages messages;
    for (const bool is_wanted : {true, false}) {
        for (const auto& [node, peer] : peers) {
            if (!is_wanted && messages.added >= kMostReportMessages) {
                messages.all += peer->history.events().size();
                continue;
            }
            for_each_message(view, *node, *peer, [&](const EventId& id, Json&& json) {
                if (wanted.has(id) != is_wanted) return;
                ++messages.all;
                if (messages.added < kMostReportMessages && report.add(message_path(id), std::move(json)))
                    ++messages.added;
            });
        }
    }
    return messages;
}

/// The kinds of what was selected, then those of which there are most.
Json activity_json(const ReportSubject& subject)
{
    const auto& activity = subject.activity;
    std::set<std::string, std::less<>> selected;
    proto::Event event;
    if (!subject.selection.empty())
        for (const auto& kept : subject.events)
            if (event.ParseFromString(kept->bytes)) selected.insert(activity_kind(event, *kept));
    std::vector<std::tuple<bool, std::uint64_t, std::string_view>> largest;
    for (const auto& [kind, counts] : activity.kinds()) {
        std::uint64_t sum = 0;
        for (const auto count : counts)
            sum += count;
        largest.emplace_back(selected.contains(kind), sum, kind);
    }
    std::ranges::stable_sort(largest, std::greater{},
                             [](const auto& entry) { return std::pair{std::get<0>(entry), std::get<1>(entry)}; });
    Json kinds = Json::array();
    for (const auto& [is_selected, sum, kind] : largest) {
        if (kinds.size() == kMostActivityKinds) break;
        const auto& counts = activity.kinds().find(kind)->second;
        kinds.push_back(
            {{"kind", base::to_utf8(kind)},
             {"count", sum},
             {"counts", std::vector(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(activity.steps()))}});
    }
    return {{"start_ns", activity.start_ns()},
            {"step_ns", activity.step_ns()},
            {"kind_count", activity.kinds().size()},
            {"kinds", std::move(kinds)}};
}

/// What the first page says.
Json summary(const ReportSubject& subject, const View& view, const Wanted& wanted, const std::vector<Place>& peers)
{
    Json json = {{"title", base::to_utf8(subject.title)},
                 {"version", PEER_OBSERVER_VERSION},
                 {"selection", base::to_utf8(subject.selection)}};
    json["nodes"] = Json::array();
    auto from_ns = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t to_ns = 0;
    for (const auto& [name, node] : view.state.nodes()) {
        json["nodes"].push_back(name);
        from_ns = std::min(from_ns, node->first_event_ns());
        to_ns = std::max(to_ns, node->last_event_ns());
    }
    if (to_ns > 0) {
        json["from_ns"] = from_ns;
        json["to_ns"] = to_ns;
    }
    json["events"] = view.state.events();
    json["matched_events"] = subject.matched_events;
    json["selected_events"] = subject.events.size();
    json["peers"] = Json::array();
    for (const auto& place : peers)
        json["peers"].push_back({{"node", *place.node->name()},
                                 {"is_selected", wanted.has(*place.peer)},
                                 {"peer", peer_json(view, *place.node, *place.peer)}});
    json["activity"] = activity_json(subject);
    return json;
}

} // namespace

std::string activity_kind(const proto::Event& event, const KeptEvent& kept)
{
    if (event.message().has_inbound()) return event.message().inbound().message_type();
    if (event.message().has_outbound()) return event.message().outbound().message_type();
    return events::kind_name(kept.context, kept.arm);
}

std::string report_text(const ReportSubject& subject, const View& view, std::string_view page)
{
    if (view.is_public()) throw ApiError{403, "this is not shown with --access public"};
    Report report{view};
    for (const auto* path : {"about", "nodes", "anomalies", "blocks", "addresses", "health"})
        report.add(fmt::format("/api/v1/{}", path));
    Wanted wanted{view};
    report.add("/api/v1/events", Json{{"events", events_list(subject, view, wanted)}, {"has_older", false}});
    const auto anomalies_left = add_anomalies(view, wanted, report);
    std::size_t nodes = 0;
    for (const auto& [name, node] : view.state.nodes())
        if (++nodes <= kMostReportNodes) report.add("/api/v1/nodes/" + name);
    const auto peers = wanted.peers();
    for (const auto& place : peers)
        report.add(peer_path(place), peer_path(place) + "&limit=1000");
    const auto blocks_json = blocks(view);
    for (const auto& block : blocks_json["blocks"])
        report.add("/api/v1/blocks/" + block["hash"].get<std::string>());
    const auto messages = add_messages(view, peers, wanted, report);
    auto json = summary(subject, view, wanted, peers);
    json["left_out"] = {{"events", subject.matched_events - subject.events.size()},
                        {"nodes", nodes - std::min(nodes, kMostReportNodes)},
                        {"peers", wanted.peer_count() - peers.size()},
                        {"messages", messages.all - messages.added},
                        {"anomalies", anomalies_left}};
    report.add_always("/api/v1/report", std::move(json));
    return report.text(page);
}

std::string report_text(const Request& request, const View& view, std::string_view page)
{
    auto selected = select_events(view, request, kMostReportEvents, true);
    ReportSubject subject{.selection = selection_text(request), .events = std::move(selected.events)};
    subject.matched_events = subject.events.size() + selected.older;
    proto::Event event;
    for (const auto& kept : view.state.latest().events())
        if (event.ParseFromString(kept->bytes)) subject.activity.add(kept->timestamp_ns, activity_kind(event, *kept));
    return report_text(subject, view, page);
}

} // namespace peer_observer::web
