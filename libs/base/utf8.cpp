#include "libs/base/utf8.h"

#include <algorithm>
#include <cstddef>

namespace peer_observer::base {
namespace {

/// The length of the character that `bytes` begin with; 0 if they do not begin with one (RFC 3629, section 4).
std::size_t character_length(std::string_view bytes)
{
    const auto byte = [&](std::size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    // The second byte is what tells overlong forms, surrogates and numbers above U+10FFFF.
    const unsigned least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < least || byte(1) > most) return 0;
    const std::size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    for (std::size_t i = 2; i < length; ++i)
        if ((byte(i) & 0xc0U) != 0x80) return 0;
    return length;
}

bool is_ascii(std::string_view bytes)
{
    return std::ranges::none_of(bytes, [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; });
}

} // namespace

bool is_utf8(std::string_view bytes)
{
    if (is_ascii(bytes)) return true;
    while (!bytes.empty()) {
        const auto length = character_length(bytes);
        if (length == 0) return false;
        bytes.remove_prefix(length);
    }
    return true;
}

std::string to_utf8(std::string_view bytes)
{
    constexpr std::string_view kReplacement = "\xef\xbf\xbd"; // U+FFFD
    std::string text;
    while (!bytes.empty()) {
        const auto length = character_length(bytes);
        text += length == 0 ? kReplacement : bytes.substr(0, length);
        bytes.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return text;
}

} // namespace peer_observer::base
