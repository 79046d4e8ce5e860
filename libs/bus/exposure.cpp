#include "libs/bus/exposure.h"

#include "libs/base/ip.h"

#include <string_view>

namespace peer_observer::bus {
namespace {

constexpr std::string_view kPlainScheme = "tcp://";

} // namespace

bool is_this_host(const std::string& host)
{
    if (host == "localhost" || host == "[::1]") return true;
    const auto ip = base::parse_ip(host);
    return ip && base::is_loopback(*ip);
}

bool is_exposed(const std::string& url)
{
    if (!url.starts_with(kPlainScheme)) return false;
    const auto host = url.substr(kPlainScheme.size());
    return !is_this_host(host.substr(0, host.rfind(':')));
}

} // namespace peer_observer::bus
