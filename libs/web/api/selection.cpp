#include "libs/web/api/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace peer_observer::web {
namespace {

template <typename Number>
std::vector<Number> numbers(const Request& request, const std::string& name)
{
    std::vector<Number> list;
    for (const auto& text : request.all(name)) {
        Number number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size())
            throw ApiError{400, fmt::format("{}: '{}' is not a number", name, text)};
        list.push_back(number);
    }
    return list;
}

std::vector<events::Conjunction> read_alternatives(const Request& request)
{
    std::vector<events::Conjunction> alternatives;
    for (const auto& text : request.all("select")) {
        auto alternative = events::parse_conjunction(text);
        if (!alternative) throw ApiError{400, fmt::format("select: {}", alternative.error())};
        alternatives.push_back(*std::move(alternative));
    }
    events::Conjunction conditions{.kinds = request.all("kind"),
                                   .message_types = request.all("message_type"),
                                   .directions = request.all("direction"),
                                   .peers = numbers<std::int64_t>(request, "peer"),
                                   .addresses = request.all("address"),
                                   .pids = numbers<std::uint32_t>(request, "pid"),
                                   .ases = numbers<std::uint32_t>(request, "as"),
                                   .networks = request.all("network"),
                                   .hashes = request.all("hash")};
    constexpr std::array kConditions = {"kind", "message_type", "direction", "peer", "address",
                                        "pid",  "as",           "network",   "hash"};
    if (std::ranges::all_of(kConditions, [&](const char* name) { return request.all(name).empty(); }))
        return alternatives;
    if (!alternatives.empty()) throw ApiError{400, "select and the other conditions: give one or the other"};
    return {std::move(conditions)};
}

events::Selection make_selection(const Request& request, const asmap::AutonomousSystems* systems)
{
    events::Selection::FindAs find_as;
    if (systems != nullptr) find_as = [systems](std::string_view host) { return systems->find(host); };
    try {
        return events::Selection{read_alternatives(request), std::move(find_as)};
    } catch (const std::invalid_argument& error) {
        throw ApiError{400, error.what()};
    }
}

std::string make_name(const Request& request)
{
    std::string name;
    for (const auto* parameter :
         {"select", "kind", "message_type", "peer", "address", "pid", "as", "network", "hash", "direction", "node"}) {
        auto values = request.all(parameter);
        std::ranges::sort(values);
        for (const auto& value : values)
            name += fmt::format("{}={}:{};", parameter, value.size(), value);
    }
    return name;
}

} // namespace

Selection::Selection(const Request& request, const asmap::AutonomousSystems* systems)
    : nodes_{request.all("node")}, name_{make_name(request)}, selection_{make_selection(request, systems)}
{}

bool Selection::selects_node(std::string_view node) const
{
    return nodes_.empty() || std::ranges::find(nodes_, node) != nodes_.end();
}

bool Selection::selects(std::string_view node, const events::EventView& event) const
{
    return selects_node(node) && selection_.selects(event);
}

} // namespace peer_observer::web
