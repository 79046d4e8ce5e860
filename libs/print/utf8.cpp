#include "libs/print/utf8.h"

#include <algorithm>
#include <cstddef>

#include <rapidjson/encodings.h>
#include <rapidjson/memorystream.h>

namespace peer_observer::print {
namespace {

/// The length of the character that `bytes` begin with; 0 if they do not begin with one.
std::size_t character_length(std::string_view bytes)
{
    rapidjson::MemoryStream stream{bytes.data(), bytes.size()};
    unsigned codepoint = 0;
    // Past the end the stream reads as NUL bytes, which continue no character.
    return rapidjson::UTF8<>::Decode(stream, &codepoint) ? stream.Tell() : 0;
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

} // namespace peer_observer::print
