#include "libs/web/api/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace peer_observer::web {
namespace {

constexpr std::array kConditions = {"kind", "message_type", "direction", "peer", "address",
                                    "pid",  "as",           "network",   "hash"};

template <typename Number>
std::vector<Number> numbers(const Request& request, const std::string& name)
{
    std::vector<Number> list;
    for (const auto& text : request.all(name)) {
        Number number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size())
            throw ApiError{400, fmt::format("{}: '{}' is not a number", name, text), name};
        list.push_back(number);
    }
    return list;
}

/// Of one parameter, or with an empty name of all.
events::Conjunction read_conditions(const Request& request, std::string_view only)
{
    events::Conjunction conditions;
    const auto is_wanted = [&](std::string_view name) { return only.empty() || only == name; };
    if (is_wanted("kind")) conditions.kinds = request.all("kind");
    if (is_wanted("message_type")) conditions.message_types = request.all("message_type");
    if (is_wanted("direction")) conditions.directions = request.all("direction");
    if (is_wanted("peer")) conditions.peers = numbers<std::int64_t>(request, "peer");
    if (is_wanted("address")) conditions.addresses = request.all("address");
    if (is_wanted("pid")) conditions.pids = numbers<std::uint32_t>(request, "pid");
    if (is_wanted("as")) conditions.ases = numbers<std::uint32_t>(request, "as");
    if (is_wanted("network")) conditions.networks = request.all("network");
    if (is_wanted("hash")) conditions.hashes = request.all("hash");
    return conditions;
}

std::vector<events::Conjunction> read_alternatives(const Request& request)
{
    std::vector<events::Conjunction> alternatives;
    for (const auto& text : request.all("select")) {
        auto alternative = events::parse_conjunction(text);
        if (!alternative) throw ApiError{400, fmt::format("select: {}", alternative.error()), "select"};
        alternatives.push_back(*std::move(alternative));
    }
    auto conditions = read_conditions(request, {});
    if (conditions.is_empty()) return alternatives;
    if (!alternatives.empty()) throw ApiError{400, "select and the other conditions: give one or the other", "select"};
    return {std::move(conditions)};
}

/// The parameter that is wrong by itself; empty where it takes several.
std::string wrong_parameter(const Request& request, const events::Selection::FindAs& find_as)
{
    if (!request.all("select").empty()) return "select";
    for (const auto* name : kConditions) {
        auto conditions = read_conditions(request, name);
        if (conditions.is_empty()) continue;
        try {
            const events::Selection selection{std::vector{std::move(conditions)}, find_as};
        } catch (const std::invalid_argument&) {
            return name;
        }
    }
    return {};
}

events::Selection make_selection(const Request& request, const asmap::AutonomousSystems* systems)
{
    events::Selection::FindAs find_as;
    if (systems != nullptr) find_as = [systems](std::string_view host) { return systems->find(host); };
    try {
        return events::Selection{read_alternatives(request), find_as};
    } catch (const std::invalid_argument& error) {
        throw ApiError{400, error.what(), wrong_parameter(request, find_as)};
    }
}

constexpr std::array kParameters = {"select", "kind",    "message_type", "peer",      "address", "pid",
                                    "as",     "network", "hash",         "direction", "node"};

std::string make_name(const Request& request)
{
    std::string name;
    for (const auto* parameter : kParameters) {
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

std::string selection_text(const Request& request)
{
    std::string text;
    for (const auto* parameter : kParameters)
        for (const auto& value : request.all(parameter))
            text += fmt::format("{}{}={}", text.empty() ? "" : " ", parameter, value);
    return text;
}

bool Selection::selects_node(std::string_view node) const
{
    return nodes_.empty() || std::ranges::find(nodes_, node) != nodes_.end();
}

bool Selection::selects(std::string_view node, const events::EventView& event) const
{
    return selects_node(node) && selection_.selects(event);
}

} // namespace peer_observer::web
