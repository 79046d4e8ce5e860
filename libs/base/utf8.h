// Bytes that may or may not be UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace peer_observer::base {

/// Whether `bytes` are well-formed UTF-8.
bool is_utf8(std::string_view bytes);

/// `bytes` with U+FFFD in the place of each byte that is not part of well-formed UTF-8.
std::string to_utf8(std::string_view bytes);

} // namespace peer_observer::base
