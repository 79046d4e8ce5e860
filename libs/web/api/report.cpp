#include "libs/web/api/report.h"

#include "libs/web/api/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

namespace peer_observer::web {
namespace {

constexpr std::size_t kMostReportBytes = std::size_t{48} << 20U;
constexpr std::size_t kMostReportNodes = 32;
constexpr std::size_t kMostReportPeers = 60; ///< with their conversations
constexpr std::size_t kMostReportAnomalies = 200;
constexpr std::size_t kMostReportMessages = 5000;
constexpr std::uint64_t kMostReportEvents = 1000;

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
            // The pages say that the report does not have it.
        }
    }

    void add(const std::string& path, Json&& content)
    {
        if (!has_room() || paths_.contains(path)) return;
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
        answers_ += fmt::format("{}\"{}\":", answers_.empty() ? "" : ",", path);
        for (const char c : text) { // so that no text of a peer ends the element that it is in
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

/// Whose conversation an event is in. Made once: a search in all of them for each event would take minutes.
class Places {
public:
    explicit Places(const State& state)
    {
        for (const auto& [name, node] : state.nodes()) {
            for (const auto& [key, peer] : node->peers())
                add(*node, peer);
            for (const auto& peer : node->gone())
                add(*node, peer);
        }
    }

    void want(const EventId& id)
    {
        const auto found = places_.find({id.publisher_id, id.sequence});
        if (found != places_.end()) wanted_.insert(found->second.peer);
    }

    /// Peers that take part in an anomaly or in what is selected, then those that said most.
    std::vector<Place> peers() const
    {
        auto list = all_;
        std::ranges::stable_sort(list, std::greater{}, [&](const Place& one) {
            return std::tuple{wanted_.contains(one.peer), one.peer->in.messages + one.peer->out.messages};
        });
        if (list.size() > kMostReportPeers) list.resize(kMostReportPeers);
        return list;
    }

private:
    void add(const Node& node, const Peer& peer)
    {
        all_.push_back({&node, &peer});
        for (const auto& kept : peer.history.events())
            places_[{kept->id.publisher_id, kept->id.sequence}] = {&node, &peer};
    }

    std::vector<Place> all_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, Place> places_;
    std::set<const Peer*> wanted_;
};

std::string message_path(const EventId& id) { return "/api/v1/messages/" + to_string(id); }

void add_anomalies(const View& view, Places& places, Report& report)
{
    std::size_t count = 0;
    for (const auto& [id, record] : view.state.anomalies().records()) {
        if (++count > kMostReportAnomalies) break;
        report.add(fmt::format("/api/v1/anomalies/{:016x}", id));
        for (const auto& node : record.report.nodes())
            for (const auto& evidence : node.evidence())
                places.want({evidence.publisher_id(), evidence.sequence()});
    }
}

void add_peers(const View& view, const Places& places, Report& report)
{
    std::size_t messages = 0;
    for (const auto& [node, peer] : places.peers()) {
        const auto path = fmt::format("/api/v1/nodes/{}/peers/{}", *node->name(), peer->key.peer_id);
        report.add(path, fmt::format("{}?limit=1000&process={}", path, to_string(peer->key.process)));
        if (messages >= kMostReportMessages) continue;
        for_each_message(view, *node, *peer, [&](const EventId& id, Json&& json) {
            if (messages++ < kMostReportMessages) report.add(message_path(id), std::move(json));
        });
    }
}

} // namespace

std::string report_text(const Request& request, const View& view, std::string_view page)
{
    if (view.is_public()) throw ApiError{403, "this is not shown with --access public"};
    auto selected = events(view, request, kMostReportEvents);
    Report report{view};
    for (const auto* path : {"about", "nodes", "anomalies", "blocks", "addresses", "health"})
        report.add(fmt::format("/api/v1/{}", path));
    Places places{view.state};
    for (const auto& event : selected["events"]) {
        const auto id = parse_event_id(event["publisher"].get<std::string>() + "-" +
                                       std::to_string(event["sequence"].get<std::uint64_t>()));
        places.want(*id);
    }
    report.add("/api/v1/events", std::move(selected));
    add_anomalies(view, places, report);
    std::size_t nodes = 0;
    for (const auto& [name, node] : view.state.nodes())
        if (++nodes <= kMostReportNodes) report.add("/api/v1/nodes/" + name);
    const auto blocks_json = blocks(view);
    for (const auto& block : blocks_json["blocks"])
        report.add("/api/v1/blocks/" + block["hash"].get<std::string>());
    add_peers(view, places, report);
    return report.text(page);
}

} // namespace peer_observer::web
