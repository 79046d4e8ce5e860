#include "services/extractor/tracepoints.h"

#include "libs/app/app.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

std::string_view group_name(Group group) { return kGroupNames.at(static_cast<std::size_t>(group)); }

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

} // namespace peer_observer::extractor
