#include "libs/events/selection_keys.h"
#include "libs/web/api/answers.h"
#include "libs/web/api/report.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace peer_observer::web {
namespace {

using Parts = std::vector<std::string>;

/// A path below /api/v1/, and who answers it.
struct Path {
    std::string_view name; ///< `{node}` stands for one part, whatever it is
    Json (*answer)(const View& view, const Request& request, const Parts& parts);
    bool has_parameters = false; ///< besides the moment that an archive shows: `answer` refuses those that it has not
    /// Nothing in the answer changes by what a peer does, so that it does not find its own traces there.
    bool is_for_all = false;
};

constexpr std::array kPaths = {
    Path{"about", [](auto& view, auto&, auto&) { return about(view); }, false, true},
    Path{"nodes", [](auto& view, auto&, auto&) { return nodes(view); }, false, true},
    Path{"nodes/{node}", [](auto& view, auto&, auto& parts) { return node(view, parts[1]); }, false, true},
    Path{"nodes/{node}/peers/{peer_id}",
         [](auto& view, auto& request, auto& parts) { return peer(view, request, parts[1], parts[3]); }, true},
    Path{"messages/{id}", [](auto& view, auto& request, auto& parts) { return message(view, request, parts[1]); },
         true},
    Path{"events", [](auto& view, auto& request, auto&) { return events(view, request); }, true},
    Path{"anomalies", [](auto& view, auto& request, auto&) { return anomalies(view, request); }, true},
    Path{"anomalies/{anomaly_id}", [](auto& view, auto&, auto& parts) { return anomaly(view, parts[1]); }},
    Path{"blocks", [](auto& view, auto&, auto&) { return blocks(view); }, false, true},
    Path{"blocks/{hash}", [](auto& view, auto&, auto& parts) { return block(view, parts[1]); }, false, true},
    Path{"transactions/{hash}", [](auto& view, auto&, auto& parts) { return transaction(view, parts[1]); }},
    Path{"addresses", [](auto& view, auto& request, auto&) { return addresses(view, request); }, true},
    Path{"health", [](auto& view, auto&, auto&) { return health(view); }, false, true},
};

bool is_named(const Path& path, const Parts& parts)
{
    auto rest = path.name;
    for (const auto& part : parts) {
        const auto word = rest.substr(0, rest.find('/'));
        if (word.empty() || (word.front() != '{' && word != part)) return false;
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
    return rest.empty();
}

} // namespace

std::vector<std::string_view> paths()
{
    std::vector<std::string_view> names;
    std::ranges::transform(kPaths, std::back_inserter(names), &Path::name);
    return names;
}

Json about(const View& view)
{
    static constexpr std::array kModes = {"live", "archive", "report"};
    return {
        {"version", PEER_OBSERVER_VERSION},
        {"mode", kModes[static_cast<std::size_t>(view.mode)]},
        {"access", view.is_public() ? "public" : "full"},
        {"limits", {{"gone_s", kGoneNs / kSecond}, {"peer_events", kPeerEvents}, {"feed_rate", 500}, {"rows", 1000}}},
        {"selection_keys", events::selection_keys()}};
}

Json answer(const Request& request, const View& view)
{
    const auto* path = std::ranges::find_if(kPaths, [&](const Path& one) { return is_named(one, request.parts()); });
    if (view.is_public() && (path == kPaths.end() || !path->is_for_all))
        throw ApiError{403, "this is not shown with --access public"};
    if (path == kPaths.end()) throw ApiError{404, "there is no such path"};
    if (!path->has_parameters) request.allow({"from_ns", "at_ns"});
    return path->answer(view, request, request.parts());
}

std::string answer_text(const Request& request, const View& view, std::optional<std::uint64_t> read_until_ns)
{
    if (request.parts() == std::vector<std::string>{"report"}) return report_text(request, view);
    Json whole;
    whole["time_ns"] = view.told(view.now_ns);
    if (read_until_ns) whole["read_until_ns"] = view.told(*read_until_ns);
    auto content = answer(request, view);
    for (auto& [name, value] : content.items())
        whole[name] = std::move(value);
    return to_text(whole);
}

std::string error_text(const ApiError& error)
{
    Json json = {{"status", error.status}, {"message", error.what()}};
    if (!error.parameter.empty()) json["parameter"] = error.parameter;
    return to_text({{"error", std::move(json)}});
}

} // namespace peer_observer::web
