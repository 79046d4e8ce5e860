#include "services/addr-connectivity/address.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace peer_observer::addr_connectivity {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedIpv4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_ipv4(const IpBytes& ip) { return std::equal(kMappedIpv4.begin(), kMappedIpv4.end(), ip.begin()); }

std::string ip_text(const IpBytes& ip)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    const bool ipv4 = is_ipv4(ip);
    inet_ntop(ipv4 ? AF_INET : AF_INET6, ipv4 ? ip.data() + kMappedIpv4.size() : ip.data(), text.data(), text.size());
    return text.data();
}

std::string prefix_text(IpBytes ip, unsigned ipv4_bytes, unsigned ipv6_bytes)
{
    const auto kept = is_ipv4(ip) ? kMappedIpv4.size() + ipv4_bytes : ipv6_bytes;
    std::fill(ip.begin() + static_cast<std::ptrdiff_t>(kept), ip.end(), std::uint8_t{0});
    return fmt::format("{}/{}", ip_text(ip), 8 * (is_ipv4(ip) ? ipv4_bytes : ipv6_bytes));
}

/// Lower case, if it is so many characters of base32 before `suffix`.
std::optional<std::string> base32_name(std::string_view text, std::size_t size, std::string_view suffix)
{
    if (text.size() != size + suffix.size() || !text.ends_with(suffix)) return std::nullopt;
    std::string lower{text};
    for (std::size_t i = 0; i < size; ++i) {
        if (lower[i] >= 'A' && lower[i] <= 'Z') lower[i] = static_cast<char>(lower[i] - 'A' + 'a');
        if ((lower[i] < 'a' || lower[i] > 'z') && (lower[i] < '2' || lower[i] > '7')) return std::nullopt;
    }
    return lower;
}

std::optional<std::string> onion_host(std::string_view text) { return base32_name(text, 56, ".onion"); }
std::optional<std::string> i2p_host(std::string_view text) { return base32_name(text, 52, ".b32.i2p"); }

/// fc00::/8 belongs to CJDNS only where the announcement says so: an IPv6 address there is a private one.
std::optional<Address> ip_address(Network network, std::string_view text, std::uint16_t port)
{
    const auto ip = parse_ip(text);
    if (!ip || is_ipv4(*ip) != (network == Network::ipv4)) return std::nullopt;
    if (network == Network::cjdns && (*ip)[0] != 0xfc) return std::nullopt;
    return Address{network, ip_text(*ip), port};
}

} // namespace

std::optional<IpBytes> parse_ip(std::string_view text)
{
    if (text.find(char{}) != std::string_view::npos) return std::nullopt; // would end the text for inet_pton()
    const std::string terminated{text};
    IpBytes ip{};
    if (text.find(':') == std::string_view::npos) {
        std::ranges::copy(kMappedIpv4, ip.begin());
        if (inet_pton(AF_INET, terminated.c_str(), ip.data() + kMappedIpv4.size()) != 1) return std::nullopt;
    } else if (inet_pton(AF_INET6, terminated.c_str(), ip.data()) != 1) {
        return std::nullopt;
    }
    return ip;
}

std::optional<Address> to_address(const proto::Address& announced)
{
    if (announced.port() > 0xffff) return std::nullopt;
    const auto port = static_cast<std::uint16_t>(announced.port());
    const auto named = [port](Network network, std::optional<std::string> host) -> std::optional<Address> {
        if (!host) return std::nullopt;
        return Address{network, std::move(*host), port};
    };
    switch (announced.network()) {
    case proto::Address::IPV4:
        return ip_address(Network::ipv4, announced.address(), port);
    case proto::Address::IPV6:
        return ip_address(Network::ipv6, announced.address(), port);
    case proto::Address::CJDNS:
        return ip_address(Network::cjdns, announced.address(), port);
    case proto::Address::TORV3:
        return named(Network::onion, onion_host(announced.address()));
    case proto::Address::I2P:
        return named(Network::i2p, i2p_host(announced.address()));
    default:
        return std::nullopt;
    }
}

std::optional<Address> to_address(std::string_view ip, std::uint16_t port)
{
    if (auto ipv4 = ip_address(Network::ipv4, ip, port)) return ipv4;
    return ip_address(Network::ipv6, ip, port);
}

proto::Address to_proto(const Address& address)
{
    static constexpr std::array kNetworks = {proto::Address::IPV4, proto::Address::IPV6, proto::Address::TORV3,
                                             proto::Address::I2P, proto::Address::CJDNS};
    proto::Address out;
    out.set_network(kNetworks.at(index(address.network)));
    out.set_address(address.host);
    out.set_port(address.port);
    return out;
}

std::string to_string(const Address& address)
{
    const bool brackets = address.host.find(':') != std::string::npos;
    return fmt::format("{}{}{}:{}", brackets ? "[" : "", address.host, brackets ? "]" : "", address.port);
}

std::optional<Address> parse_address(std::string_view text)
{
    const auto host = without_port(text);
    const auto digits = text.substr(std::min(text.size(), text.rfind(':') + 1));
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (host.size() == text.size() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    if (auto name = onion_host(host)) return Address{Network::onion, *name, port};
    if (auto name = i2p_host(host)) return Address{Network::i2p, *name, port};
    if (auto cjdns = ip_address(Network::cjdns, host, port)) return cjdns;
    return to_address(host, port);
}

std::string_view without_port(std::string_view text)
{
    if (text.starts_with('[')) {
        const auto end = text.find("]:");
        return end == std::string_view::npos ? text : text.substr(1, end - 1);
    }
    const auto colon = text.find(':');
    return colon == text.rfind(':') ? text.substr(0, colon) : text;
}

std::string host_key(const Address& address)
{
    const auto ip = parse_ip(address.host);
    return ip && address.network == Network::ipv6 ? prefix_text(*ip, 4, 8) : address.host;
}

std::string subnet_key(const Address& address)
{
    const auto ip = parse_ip(address.host);
    return ip ? prefix_text(*ip, 2, 4) : "";
}

std::string announcer_key(std::string_view peer_address)
{
    const auto host = without_port(peer_address);
    const auto ip = parse_ip(host);
    return ip && !is_ipv4(*ip) && (*ip)[0] != 0xfc ? prefix_text(*ip, 4, 8) : std::string{host};
}

} // namespace peer_observer::addr_connectivity
