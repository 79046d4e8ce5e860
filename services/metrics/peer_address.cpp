#include "services/metrics/peer_address.h"

#include <algorithm>
#include <span>

#include <arpa/inet.h>

namespace peer_observer::metrics {
namespace {

constexpr std::size_t kIpv4Offset = 12;
constexpr std::array<std::uint8_t, kIpv4Offset> kIpv4Prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::string to_text(const IpBytes& ip)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (is_ipv4(ip)) {
        inet_ntop(AF_INET, &ip[kIpv4Offset], text.data(), text.size());
    } else {
        inet_ntop(AF_INET6, ip.data(), text.data(), text.size());
    }
    return text.data();
}

} // namespace

std::string_view without_port(std::string_view address)
{
    if (address.starts_with('[')) return address.substr(1, address.find(']') - 1);
    return address.substr(0, address.rfind(':'));
}

std::optional<IpBytes> parse_ip(std::string_view text)
{
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    if (text.size() >= buffer.size()) return std::nullopt;
    std::ranges::copy(text, buffer.begin());
    IpBytes ip{};
    if (inet_pton(AF_INET6, buffer.data(), ip.data()) == 1) return ip;
    std::ranges::copy(kIpv4Prefix, ip.begin());
    if (inet_pton(AF_INET, buffer.data(), &ip[kIpv4Offset]) == 1) return ip;
    return std::nullopt;
}

bool is_ipv4(const IpBytes& ip) { return std::ranges::equal(kIpv4Prefix, std::span{ip}.first<kIpv4Offset>()); }

IpBytes subnet_of(IpBytes ip)
{
    const std::ptrdiff_t kept_bytes = is_ipv4(ip) ? 15 : 8;
    std::fill(ip.begin() + kept_bytes, ip.end(), std::uint8_t{0});
    return ip;
}

std::string subnet_text(std::string_view host)
{
    if (const auto ip = parse_ip(host)) return to_text(subnet_of(*ip)) + (is_ipv4(*ip) ? "/24" : "/64");
    if (host.ends_with(".onion")) return "onion";
    if (host.ends_with(".i2p")) return "i2p";
    return "other";
}

} // namespace peer_observer::metrics
