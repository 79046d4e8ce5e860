// Addresses that can be connected to: of which network, which host, which port.
#pragma once

#include "libs/asmap/autonomous_systems.h"
#include "libs/base/ip.h"
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

struct Address {
    Network network = Network::ipv4;
    /// What its text has in base32 (onion: public key, checksum and version; I2P: a hash, and three bytes of 0), or
    /// base::IpBytes and bytes of 0.
    std::array<std::uint8_t, 35> bytes{};
    std::uint16_t port = 0;

    auto operator<=>(const Address&) const = default;
};

/// Of an IPv4, IPv6 or CJDNS address.
std::optional<base::IpBytes> ip_of(const Address& address);
/// In its one form: as inet_ntop() writes it, or lower-case with .onion or .b32.i2p.
std::string host_text(const Address& address);

/// Nothing where it is not an address that anybody could connect to: of an unknown network, Tor v2, or malformed.
std::optional<Address> to_address(const proto::Address& announced);

/// Of an IPv4 or IPv6 address.
std::optional<Address> to_address(std::string_view ip, std::uint16_t port);

proto::Address to_proto(const Address& address);

/// host:port, with brackets around IPv6.
std::string to_string(const Address& address);
/// The reverse of to_string().
std::optional<Address> parse_address(std::string_view text);

/// What one party can be expected to have to itself: an IPv4 address, an IPv6 /64, a CJDNS, onion or I2P address.
std::string host_key(const Address& address);
/// Of an IPv4, IPv6 or CJDNS address, as text. Empty for onion and I2P addresses, which have none.
std::string netgroup_key(const Address& address);
/// Its autonomous system; 0 where there is none. `systems` may be null.
std::uint32_t mapped_as(const Address& address, const asmap::AutonomousSystems* systems);
/// Who announces: as host_key(), of a peer's address with port as the node has it.
std::string announcer_key(std::string_view peer_address);

} // namespace peer_observer::addr_connectivity
