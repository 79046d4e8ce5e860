#include "libs/web/api/answers.h"
#include "libs/web/api/report.h"

#include <algorithm>
#include <array>

namespace peer_observer::web {
namespace {

/// What a peer cannot change by what it does, so that it does not find its own traces there.
bool is_for_all(const std::vector<std::string>& parts)
{
    static constexpr std::array kForAll = {"about", "nodes", "blocks", "health"};
    if (parts.empty()) return true;
    if (std::ranges::find(kForAll, parts[0]) == kForAll.end()) return false;
    return parts[0] != "nodes" || parts.size() <= 2;
}

} // namespace

Json about(const View& view)
{
    static constexpr std::array kModes = {"live", "archive", "report"};
    return {
        {"version", PEER_OBSERVER_VERSION},
        {"mode", kModes[static_cast<std::size_t>(view.mode)]},
        {"access", view.is_public() ? "public" : "full"},
        {"limits", {{"gone_s", kGoneNs / kSecond}, {"peer_events", kPeerEvents}, {"feed_rate", 500}, {"rows", 1000}}}};
}

Json answer(const Request& request, const View& view)
{
    const auto& parts = request.parts();
    if (view.is_public() && !is_for_all(parts)) throw ApiError{403, "this is not shown with --access public"};
    const auto is = [&](std::size_t size, const char* name) { return parts.size() == size && parts[0] == name; };
    const auto plain = [&] { request.allow({"from_ns", "at_ns"}); };
    if (is(1, "events")) return events(view, request);
    if (is(1, "anomalies")) return anomalies(view, request);
    if (is(1, "addresses")) return addresses(view, request);
    if (is(2, "messages")) return message(view, request, parts[1]);
    if (is(4, "nodes") && parts[2] == "peers") return peer(view, request, parts[1], parts[3]);
    plain();
    if (is(1, "about")) return about(view);
    if (is(1, "nodes")) return nodes(view);
    if (is(2, "nodes")) return node(view, parts[1]);
    if (is(2, "anomalies")) return anomaly(view, parts[1]);
    if (is(1, "blocks")) return blocks(view);
    if (is(2, "blocks")) return block(view, parts[1]);
    if (is(2, "transactions")) return transaction(view, parts[1]);
    if (is(1, "health")) return health(view);
    throw ApiError{404, "there is no such path"};
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
