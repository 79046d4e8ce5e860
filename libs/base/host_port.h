// HOST:PORT, strictly as an option and leniently as the address of a peer.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace peer_observer::base {

struct HostPort {
    std::string host; ///< an IPv4 or IPv6 address without brackets
    std::uint16_t port = 0;
};

/// Reads `127.0.0.1:9332`, `[::1]:9332` or `localhost:9332` (which is 127.0.0.1). Other names are refused: what is
/// bound is what is written. The error is a sentence without a full stop that shows `text`.
std::expected<HostPort, std::string> parse_host_port(std::string_view text);

/// HOST:PORT, with brackets around an IPv6 address.
std::string to_string(const HostPort& address);

/// The host of a peer's address as Bitcoin Core prints it: `192.0.2.1` of `192.0.2.1:8333`, `2001:db8::1` of
/// `[2001:db8::1]:8333`, `name` of `name:8333`. Text without a port is returned as it is, except for brackets.
std::string_view host_of(std::string_view address);

} // namespace peer_observer::base
