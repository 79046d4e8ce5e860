#include "libs/telemetry/address.h"

#include <array>
#include <charconv>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace peer_observer::telemetry {
namespace {

bool is_ip(int family, const std::string& host)
{
    std::array<unsigned char, sizeof(in6_addr)> binary{};
    return inet_pton(family, host.c_str(), binary.data()) == 1;
}

} // namespace

std::expected<Address, std::string> parse_address(std::string_view text)
{
    const auto error = [text](std::string_view what) {
        return std::unexpected("`" + std::string{text} + "` is not HOST:PORT: " + std::string{what});
    };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return error("no port");
    std::string host{text.substr(0, colon)};
    const auto digits = text.substr(colon + 1);

    const bool brackets = host.size() >= 2 && host.front() == '[' && host.back() == ']';
    if (brackets) host = host.substr(1, host.size() - 2);
    if (!brackets && host == "localhost") host = "127.0.0.1";
    if (!brackets && host.find(':') != std::string::npos)
        return error("an IPv6 address needs brackets, as in [::1]:9332");
    if (!is_ip(brackets ? AF_INET6 : AF_INET, host)) return error("the host must be an IP address or localhost");

    std::uint16_t port = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (code != std::errc{} || end != digits.data() + digits.size()) return error("the port must be 0 to 65535");
    return Address{host, port};
}

std::string to_string(const Address& address)
{
    const bool ipv6 = address.host.find(':') != std::string::npos;
    return (ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

} // namespace peer_observer::telemetry
