// Addresses that can be connected to: of which network, which host, which port.
#pragma once

#include "proto/p2p.pb.h"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace peer_observer::addr_connectivity {

enum class Network : std::uint8_t { ipv4, ipv6, onion, i2p, cjdns };
inline constexpr std::size_t kNetworkCount = 5;
/// Core's names.
inline constexpr std::array<std::string_view, kNetworkCount> kNetworkNames = {"ipv4", "ipv6", "onion", "i2p", "cjdns"};
constexpr std::size_t index(Network network) { return static_cast<std::size_t>(network); }

/// An IPv6 or CJDNS address, or an IPv4 address as ::ffff:a.b.c.d, in network order.
using IpBytes = std::array<std::uint8_t, 16>;

/// Nothing for names, onion addresses and the like.
std::optional<IpBytes> parse_ip(std::string_view text);

struct Address {
    Network network = Network::ipv4;
    std::string host; ///< in its one form: as inet_ntop() writes it, or lower-case with .onion or .b32.i2p
    std::uint16_t port = 0;

    auto operator<=>(const Address&) const = default;
};

/// Nothing where it is no address that anybody could connect to: of an unknown network, Tor v2, or malformed.
std::optional<Address> to_address(const proto::Address& announced);

/// Of an IPv4 or IPv6 address.
std::optional<Address> to_address(std::string_view ip, std::uint16_t port);

proto::Address to_proto(const Address& address);

/// host:port, with brackets around IPv6.
std::string to_string(const Address& address);
/// The reverse of to_string().
std::optional<Address> parse_address(std::string_view text);

/// `192.0.2.1` of `192.0.2.1:8333`, `2001:db8::1` of `[2001:db8::1]:8333`, a name of `name:8333`.
std::string_view without_port(std::string_view text);

/// What one party can be expected to have to itself: an IPv4 address, an IPv6 /64, a CJDNS, onion or I2P address.
std::string host_key(const Address& address);
/// The IPv4 /16, or the /32 of an IPv6 or CJDNS address. Empty for onion and I2P, which have no subnets.
std::string subnet_key(const Address& address);
/// Who announces: as host_key(), of a peer's address with port as the node has it.
std::string announcer_key(std::string_view peer_address);

} // namespace peer_observer::addr_connectivity
