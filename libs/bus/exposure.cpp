#include "libs/bus/exposure.h"

#include <arpa/inet.h>

#include <string_view>

namespace peer_observer::bus {
namespace {

constexpr std::string_view kPlainScheme = "tcp://";
constexpr unsigned kLoopbackFirstByte = 127;

} // namespace

bool is_this_host(const std::string& host)
{
    if (host == "localhost" || host == "[::1]") return true;
    in_addr address{};
    return inet_pton(AF_INET, host.c_str(), &address) == 1 && ntohl(address.s_addr) >> 24U == kLoopbackFirstByte;
}

bool is_exposed(const std::string& url)
{
    if (!url.starts_with(kPlainScheme)) return false;
    const auto host = url.substr(kPlainScheme.size());
    return !is_this_host(host.substr(0, host.rfind(':')));
}

} // namespace peer_observer::bus
