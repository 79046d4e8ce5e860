#include "libs/base/host_port.h"

#include "libs/base/ip.h"

#include <charconv>
#include <system_error>

namespace peer_observer::base {

std::expected<HostPort, std::string> parse_host_port(std::string_view text)
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
    const bool ipv6 = host.find(':') != std::string::npos;
    if (!brackets && ipv6) return error("an IPv6 address needs brackets, as in [::1]:9332");
    if (brackets != ipv6 || !parse_ip(host)) return error("the host must be an IP address or localhost");

    std::uint16_t port = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (code != std::errc{} || end != digits.data() + digits.size()) return error("the port must be 0 to 65535");
    return HostPort{host, port};
}

std::string to_string(const HostPort& address)
{
    const bool ipv6 = address.host.find(':') != std::string::npos;
    return (ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::string_view host_of(std::string_view address)
{
    if (address.starts_with('[')) {
        const auto end = address.find(']');
        return end == std::string_view::npos ? address : address.substr(1, end - 1);
    }
    const auto colon = address.find(':');
    return colon == address.rfind(':') ? address.substr(0, colon) : address;
}

} // namespace peer_observer::base
