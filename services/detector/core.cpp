#include "services/detector/core.h"

#include <charconv>

namespace peer_observer::detector {

std::optional<int> core_release(std::string_view user_agent)
{
    constexpr std::string_view kName = "/Satoshi:";
    if (!user_agent.starts_with(kName)) return std::nullopt;
    user_agent.remove_prefix(kName.size());
    int major = 0;
    int minor = 0;
    const char* const begin = user_agent.data();
    const char* const end = begin + user_agent.size();
    const auto read = std::from_chars(begin, end, major);
    if (read.ec != std::errc{} || read.ptr == end || *read.ptr != '.' || major < 0 || major > 1000) return std::nullopt;
    if (std::from_chars(read.ptr + 1, end, minor).ec != std::errc{} || minor < 0 || minor > 999) return std::nullopt;
    return major * 1000 + minor;
}

CoreConstants constants_of(std::optional<int> release)
{
    CoreConstants constants;
    // The release under development calls itself .99 of the one before.
    constexpr int kFirstWithFourteenASecond = 30'099;
    if (release && *release < kFirstWithFourteenASecond) constants.inventory_broadcast_target = 35;
    return constants;
}

} // namespace peer_observer::detector
