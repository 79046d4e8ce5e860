// The base32 of onion and I2P addresses (RFC 4648, lower case, without padding).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace peer_observer::addr_connectivity {

std::string to_base32(std::span<const std::uint8_t> bytes);

/// Fills `bytes` from letters of either case and digits. False where they are none, are too many or too few, or where
/// bits that stand for nothing are not 0: each address has one text.
bool from_base32(std::string_view text, std::span<std::uint8_t> bytes);

} // namespace peer_observer::addr_connectivity
