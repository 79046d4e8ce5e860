// Bytes as hex digits and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace peer_observer::base {

/// Two lower-case digits a byte, in the order of the bytes.
std::string to_hex(std::string_view bytes);

/// The bytes in reverse order: how Bitcoin shows hashes and txids.
std::string to_reversed_hex(std::string_view bytes);

/// The bytes of an even number of hex digits of either case; nothing if `hex` is anything else.
std::optional<std::string> from_hex(std::string_view hex);

} // namespace peer_observer::base
