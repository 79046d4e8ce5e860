// IP addresses and networks of them: read, printed, grouped. Only here are they taken apart; by Boost.Asio.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace peer_observer::base {

/// An IPv6 or CJDNS address, or an IPv4 address as ::ffff:a.b.c.d, in network order.
using IpBytes = std::array<std::uint8_t, 16>;

/// As inet_pton() reads it, without a port. Nothing for names, onion addresses and addresses with a zone
/// (fe80::1%eth0).
std::optional<IpBytes> parse_ip(std::string_view text);
/// As inet_ntop() prints it.
std::string ip_text(const IpBytes& ip);

bool is_ipv4(const IpBytes& ip);
/// The IPv4 address that it is, or that it carries: SIIT, NAT64's 64:ff9b::/96, 6to4, Teredo. As
/// CNetAddr::GetLinkedIPv4() (netaddress.cpp).
std::optional<IpBytes> linked_ipv4(const IpBytes& ip);
/// 127.0.0.0/8 and ::1.
bool is_loopback(const IpBytes& ip);
bool is_multicast(const IpBytes& ip);
/// Whether a host of the public Internet can have the address: none of IANA's special-purpose addresses, no multicast,
/// nothing reserved. Stricter than Bitcoin Core's IsRoutable(), for which see wire::why_ignored().
bool is_global_unicast(const IpBytes& ip);

/// The addresses that begin with the same bits (CIDR).
class IpNetwork {
public:
    /// `192.0.2.0/24`, `2001:db8::/32`, or an address, which is a network of one. Bits behind the prefix are ignored.
    /// The error follows the text: "is neither an IP address nor a network".
    static std::expected<IpNetwork, std::string> parse(std::string_view text);

    /// The network of `ip` with a prefix of `ipv4_bits` (up to 32) if it is IPv4, else of `ipv6_bits` (up to 128).
    IpNetwork(const IpBytes& ip, unsigned ipv4_bits, unsigned ipv6_bits);

    const IpBytes& first() const { return first_; }
    IpBytes last() const;
    bool contains(const IpBytes& ip) const;
    /// `192.0.2.0/24`, `2001:db8::/32`.
    std::string text() const;

    auto operator<=>(const IpNetwork&) const = default;

private:
    /// `bits` of 128.
    IpNetwork(const IpBytes& ip, unsigned bits);

    IpBytes first_;
    unsigned bits_; ///< of 128, also for IPv4
};

/// What a host or a customer of a small network has: the /24 of an IPv4 or the /64 of an IPv6 address.
IpNetwork subnet_of(const IpBytes& ip);

/// What Bitcoin Core's address manager takes for one operator if it has no asmap (NetGroupManager::GetGroup of a
/// routable address): the /16 of an IPv4 address, also of one that the IPv6 address embeds; /36 for he.net, else /32
/// for IPv6.
IpNetwork netgroup_of(const IpBytes& ip);

} // namespace peer_observer::base
