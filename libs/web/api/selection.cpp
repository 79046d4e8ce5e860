#include "libs/web/api/selection.h"

#include "libs/events/selection_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace peer_observer::web {
namespace {

/// Of one parameter, or with an empty name of all.
events::Conjunction read_conditions(const Request& request, std::string_view only)
{
    events::Conjunction conditions;
    for (const auto key : events::selection_keys()) {
        if (!only.empty() && only != key) continue;
        for (const auto& value : request.all(key))
            if (const auto problem = events::add_condition(conditions, key, value); !problem.empty())
                throw ApiError{400, problem, std::string{key}};
    }
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
    for (const auto name : events::selection_keys()) {
        auto conditions = read_conditions(request, name);
        if (conditions.is_empty()) continue;
        try {
            const events::Selection selection{std::vector{std::move(conditions)}, find_as};
        } catch (const std::invalid_argument&) {
            return std::string{name};
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

std::vector<std::string_view> parameters()
{
    std::vector<std::string_view> names{events::selection_keys().begin(), events::selection_keys().end()};
    names.insert(names.end(), {"select", "node"});
    return names;
}

std::string make_name(const Request& request)
{
    std::string name;
    for (const auto parameter : parameters()) {
        auto values = request.all(parameter);
        std::ranges::sort(values);
        for (const auto& value : values)
            name += fmt::format("{}={}:{};", parameter, value.size(), value);
    }
    return name;
}

} // namespace

void allow_selection(const Request& request, std::initializer_list<std::string_view> others)
{
    auto names = parameters();
    names.insert(names.end(), others);
    request.allow(names);
}

Selection::Selection(const Request& request, const asmap::AutonomousSystems* systems)
    : nodes_{request.all("node")}, name_{make_name(request)}, selection_{make_selection(request, systems)}
{}

std::string selection_text(const Request& request)
{
    std::string text;
    for (const auto parameter : parameters())
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
