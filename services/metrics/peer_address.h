// Addresses of peers, as tracepoints report them: what is before the port, its bytes, its subnet.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace peer_observer::metrics {

/// An IPv6 address, or an IPv4 address as ::ffff:a.b.c.d, in network order.
using IpBytes = std::array<std::uint8_t, 16>;

/// `192.0.2.1:8333` -> `192.0.2.1`, `[2001:db8::1]:8333` -> `2001:db8::1`, `host.example:8333` -> `host.example`.
std::string_view without_port(std::string_view address);

/// Nothing for names, onion addresses and the like.
std::optional<IpBytes> parse_ip(std::string_view text);

bool is_ipv4(const IpBytes& ip);

/// The /24 of an IPv4 address or the /64 of an IPv6 address.
IpBytes subnet_of(IpBytes ip);

/// `192.0.2.0/24`, `2001:db8::/64`; `onion`, `i2p` or `other` for a host that has no IP address.
std::string subnet_text(std::string_view host);

} // namespace peer_observer::metrics
