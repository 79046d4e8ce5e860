#include "libs/base/ip.h"

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <algorithm>
#include <cstddef>
#include <span>

namespace peer_observer::base {
namespace {

namespace asio = boost::asio::ip;

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 8 * kMappedPrefix.size();
constexpr std::size_t kLongestText = 45; // "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"

using Ipv4Bytes = asio::address_v4::bytes_type;

IpBytes mapped(const Ipv4Bytes& ipv4)
{
    IpBytes bytes{};
    std::ranges::copy(ipv4, std::ranges::copy(kMappedPrefix, bytes.begin()).out);
    return bytes;
}

/// The IPv4 address whose bytes begin at `offset`.
Ipv4Bytes ipv4_at(const IpBytes& bytes, std::size_t offset)
{
    Ipv4Bytes ipv4{};
    std::ranges::copy(std::span{bytes}.subspan(offset, ipv4.size()), ipv4.begin());
    return ipv4;
}

asio::address_v4 to_v4(const IpBytes& bytes) { return asio::address_v4{ipv4_at(bytes, kMappedPrefix.size())}; }

IpNetwork literal(const char* text) { return IpNetwork::parse(text).value(); }

template <std::size_t Size>
bool any_contains(const std::array<IpNetwork, Size>& networks, const IpBytes& ip)
{
    return std::ranges::any_of(networks, [&ip](const IpNetwork& network) { return network.contains(ip); });
}

} // namespace

std::optional<IpBytes> parse_ip(std::string_view text)
{
    if (text.size() > kLongestText || text.find_first_of(std::string_view{"%\0", 2}) != std::string_view::npos)
        return std::nullopt;
    std::array<char, kLongestText + 1> terminated{};
    std::ranges::copy(text, terminated.begin());
    boost::system::error_code error;
    if (text.find(':') != std::string_view::npos) {
        const auto ipv6 = asio::make_address_v6(terminated.data(), error);
        return error ? std::nullopt : std::optional{IpBytes{ipv6.to_bytes()}};
    }
    const auto ipv4 = asio::make_address_v4(terminated.data(), error);
    return error ? std::nullopt : std::optional{mapped(ipv4.to_bytes())};
}

std::string ip_text(const IpBytes& ip)
{
    return is_ipv4(ip) ? to_v4(ip).to_string() : asio::address_v6{ip}.to_string();
}

bool is_ipv4(const IpBytes& ip)
{
    return std::ranges::equal(kMappedPrefix, std::span{ip}.first<kMappedPrefix.size()>());
}

std::optional<IpBytes> linked_ipv4(const IpBytes& bytes)
{
    static const IpNetwork kSiit = literal("::ffff:0:0:0/96"); // RFC 6145
    static const IpNetwork kNat64 = literal("64:ff9b::/96");   // RFC 6052
    static const IpNetwork k6to4 = literal("2002::/16");       // RFC 3964
    static const IpNetwork kTeredo = literal("2001::/32");     // RFC 4380
    constexpr std::size_t k6to4Offset = 2;
    if (is_ipv4(bytes)) return bytes;
    if (kSiit.contains(bytes) || kNat64.contains(bytes)) return mapped(ipv4_at(bytes, kMappedPrefix.size()));
    if (k6to4.contains(bytes)) return mapped(ipv4_at(bytes, k6to4Offset));
    if (!kTeredo.contains(bytes)) return std::nullopt;
    Ipv4Bytes inverted = ipv4_at(bytes, kMappedPrefix.size());
    for (auto& byte : inverted)
        byte = static_cast<std::uint8_t>(~byte);
    return mapped(inverted);
}

bool is_loopback(const IpBytes& ip)
{
    return is_ipv4(ip) ? to_v4(ip).is_loopback() : asio::address_v6{ip}.is_loopback();
}

bool is_multicast(const IpBytes& ip)
{
    return is_ipv4(ip) ? to_v4(ip).is_multicast() : asio::address_v6{ip}.is_multicast();
}

bool is_global_unicast(const IpBytes& ip)
{
    // IANA's IPv4 and IPv6 Special-Purpose Address Registries, multicast (224.0.0.0/4), and reserved (240.0.0.0/4).
    static const std::array kSpecialIpv4 = {
        literal("0.0.0.0/8"),       literal("10.0.0.0/8"),      literal("100.64.0.0/10"),   literal("127.0.0.0/8"),
        literal("169.254.0.0/16"),  literal("172.16.0.0/12"),   literal("192.0.0.0/24"),    literal("192.0.2.0/24"),
        literal("192.31.196.0/24"), literal("192.52.193.0/24"), literal("192.88.99.0/24"),  literal("192.168.0.0/16"),
        literal("192.175.48.0/24"), literal("198.18.0.0/15"),   literal("198.51.100.0/24"), literal("203.0.113.0/24"),
        literal("224.0.0.0/4"),     literal("240.0.0.0/4")};
    static const IpNetwork kGlobalIpv6 = literal("2000::/3");
    static const std::array kSpecialIpv6 = {literal("2001::/23"), literal("2001:db8::/32"), literal("2002::/16"),
                                            literal("2620:4f:8000::/48"), literal("3fff::/20")};
    if (is_ipv4(ip)) return !any_contains(kSpecialIpv4, ip);
    return kGlobalIpv6.contains(ip) && !any_contains(kSpecialIpv6, ip);
}

std::expected<IpNetwork, std::string> IpNetwork::parse(std::string_view text)
{
    constexpr auto kIpv4Bits = 32U;
    const auto address = parse_ip(text.substr(0, text.find('/')));
    if (!address) return std::unexpected("is neither an IP address nor a network");
    if (text.find('/') == std::string_view::npos) return IpNetwork{*address, kIpv4Bits, 8 * sizeof(IpBytes)};
    boost::system::error_code error;
    unsigned bits = 0;
    // The notation counts: ::ffff:192.0.2.0/120 is 192.0.2.0/24.
    if (text.find(':') == std::string_view::npos)
        bits = kMappedBits + asio::make_network_v4(std::string{text}, error).prefix_length();
    else
        bits = asio::make_network_v6(std::string{text}, error).prefix_length();
    if (error) return std::unexpected("has no valid prefix length");
    return IpNetwork{*address, bits};
}

IpNetwork::IpNetwork(const IpBytes& ip, unsigned ipv4_bits, unsigned ipv6_bits)
    : IpNetwork{ip, is_ipv4(ip) ? kMappedBits + ipv4_bits : ipv6_bits}
{}

IpNetwork::IpNetwork(const IpBytes& ip, unsigned bits)
    : first_{asio::network_v6{asio::address_v6{ip}, static_cast<unsigned short>(bits)}.network().to_bytes()},
      bits_{bits}
{}

IpBytes IpNetwork::last() const
{
    IpBytes last = first_;
    for (std::size_t bit = bits_; bit < 8 * last.size(); ++bit)
        last.at(bit / 8) |= static_cast<std::uint8_t>(0x80U >> (bit % 8));
    return last;
}

bool IpNetwork::contains(const IpBytes& ip) const { return IpNetwork{ip, bits_}.first_ == first_; }

std::string IpNetwork::text() const
{
    const bool ipv4 = is_ipv4(first_) && bits_ >= kMappedBits;
    return ip_text(first_) + "/" + std::to_string(ipv4 ? bits_ - kMappedBits : bits_);
}

IpNetwork subnet_of(const IpBytes& ip)
{
    constexpr unsigned kIpv4Bits = 24;
    constexpr unsigned kIpv6Bits = 64;
    return {ip, kIpv4Bits, kIpv6Bits};
}

IpNetwork netgroup_of(const IpBytes& ip)
{
    static const IpNetwork kHeNet = literal("2001:470::/32"); // CNetAddr::IsHeNet
    constexpr unsigned kIpv4Bits = 16;
    constexpr unsigned kIpv6Bits = 32;
    constexpr unsigned kHeNetBits = 36;
    return {linked_ipv4(ip).value_or(ip), kIpv4Bits, kHeNet.contains(ip) ? kHeNetBits : kIpv6Bits};
}

} // namespace peer_observer::base
