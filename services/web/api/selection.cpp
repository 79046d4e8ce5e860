#include "services/web/api/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <stdexcept>

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

events::Selection make_selection(const Request& request, const asmap::AutonomousSystems* systems)
{
    events::Conjunction wanted{.kinds = request.all("kind"),
                               .message_types = request.all("message_type"),
                               .directions = request.all("direction"),
                               .peers = numbers<std::int64_t>(request, "peer"),
                               .addresses = request.all("address"),
                               .pids = numbers<std::uint32_t>(request, "pid"),
                               .ases = numbers<std::uint32_t>(request, "as")};
    if (!wanted.ases.empty() && systems == nullptr) throw ApiError{400, "as: this service runs without --asmap"};
    // Not owned: it lives as long as the service.
    const std::shared_ptr<const asmap::AutonomousSystems> known{std::shared_ptr<void>{}, systems};
    try {
        return events::Selection{{std::move(wanted)}, asmap::finder(known)};
    } catch (const std::invalid_argument& error) {
        throw ApiError{400, error.what()};
    }
}

std::string make_name(const Request& request)
{
    std::string name;
    for (const auto* parameter : {"kind", "message_type", "peer", "address", "pid", "as", "direction", "node"}) {
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

bool Selection::selects(std::string_view node, std::string_view event) const
{
    return selects_node(node) && (selection_.selects_all() || selection_.selects(events::view_event(event)));
}

} // namespace peer_observer::web
