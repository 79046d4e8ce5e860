#include "libs/base/hex.h"

#include <cstddef>

namespace peer_observer::base {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

int digit_value(char digit)
{
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

std::string digits_of(auto byte, std::size_t count)
{
    std::string hex(count * 2, '\0');
    for (std::size_t i = 0; i < hex.size(); ++byte) {
        const auto value = static_cast<unsigned char>(*byte);
        hex[i++] = kDigits[value >> 4U];
        hex[i++] = kDigits[value & 15U];
    }
    return hex;
}

} // namespace

std::string to_hex(std::string_view bytes) { return digits_of(bytes.begin(), bytes.size()); }

std::string to_reversed_hex(std::string_view bytes) { return digits_of(bytes.rbegin(), bytes.size()); }

std::optional<std::string> from_hex(std::string_view hex)
{
    if (hex.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const int high = digit_value(hex[i]);
        const int low = digit_value(hex[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

} // namespace peer_observer::base
