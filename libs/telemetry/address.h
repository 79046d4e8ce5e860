// HOST:PORT as --metrics-address takes it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace peer_observer::telemetry {

struct Address {
    std::string host; ///< an IPv4 or IPv6 address without brackets
    std::uint16_t port = 0;
};

/// Reads `127.0.0.1:9332`, `[::1]:9332` or `localhost:9332` (which is 127.0.0.1). No other names: what is bound is what
/// is written. The error is a sentence without a full stop that shows `text`.
std::expected<Address, std::string> parse_address(std::string_view text);

/// HOST:PORT, with brackets around an IPv6 address.
std::string to_string(const Address& address);

} // namespace peer_observer::telemetry
