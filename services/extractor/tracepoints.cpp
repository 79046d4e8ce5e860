#include "services/extractor/tracepoints.h"

#include "libs/app/app.h"
#include "libs/events/event_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <span>

namespace peer_observer::extractor {
namespace {

constexpr std::array kGroupNames = std::to_array<std::string_view>({
    "message",
    "connection",
    "mempool",
    "validation",
    "utxocache_flush",
    "utxocache_coin",
    "coin_selection",
    "addrman",
    "orphan",
    "processed",
});

std::string_view group_name(Group group) { return kGroupNames.at(static_cast<std::size_t>(group)); }

std::string_view builds(Origin origin)
{
    switch (origin) {
    case Origin::core:
        return "v29 and later";
    case Origin::wallet:
        return "v29 and later, with wallet";
    case Origin::patch:
        break;
    }
    return "our patch";
}

TracepointSet named(const std::string& name, std::string_view option)
{
    TracepointSet found;
    for (std::size_t i = 0; i < kTracepoints.size(); ++i) {
        if (name == group_name(kTracepoints[i].group) || name == kTracepoints[i].full_name()) found.set(i);
    }
    if (found.none()) {
        throw app::UsageError{
            fmt::format("--{}: there is no tracepoint or group '{}'; groups: {}; tracepoints: see --list-tracepoints",
                        option, name, fmt::join(kGroupNames, ", "))};
    }
    return found;
}

} // namespace

std::string Arguments::text() const { return fmt::format("{}", fmt::join(std::span{sizes}.first(count), " ")); }

TracepointSet default_tracepoints()
{
    TracepointSet set;
    for (std::size_t i = 0; i < kTracepoints.size(); ++i) {
        const Group group = kTracepoints[i].group;
        set[i] = group != Group::utxocache_coin && group != Group::coin_selection;
    }
    return set;
}

TracepointSet select_tracepoints(const std::vector<std::string>& enable, const std::vector<std::string>& disable)
{
    TracepointSet set = default_tracepoints();
    for (const auto& name : enable)
        set |= named(name, "enable");
    for (const auto& name : disable)
        set &= ~named(name, "disable");
    return set;
}

std::string markdown_table()
{
    std::string table = "| tracepoint | group | default | arguments | kind of event | Bitcoin Core |\n"
                        "| --- | --- | --- | --- | --- | --- |\n";
    const auto on = default_tracepoints();
    for (std::size_t i = 0; i < kTracepoints.size(); ++i) {
        const auto& row = kTracepoints[i];
        const auto kind = events::kind_name(static_cast<std::uint32_t>(row.conversion.context_field),
                                            static_cast<std::uint32_t>(row.conversion.event_field));
        table += fmt::format("| `{}` | {} | {} | `{}` | `{}` | {} |\n", row.full_name(), group_name(row.group),
                             on[i] ? "on" : "off", row.arguments.text(), kind, builds(row.origin));
    }
    return table;
}

} // namespace peer_observer::extractor
