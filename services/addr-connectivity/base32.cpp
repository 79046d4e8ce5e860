#include "services/addr-connectivity/base32.h"

#include <optional>

namespace peer_observer::addr_connectivity {
namespace {

constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz234567";
constexpr unsigned kBits = 5; ///< of a digit

std::optional<unsigned> value_of(char digit)
{
    if (digit >= 'A' && digit <= 'Z') digit = static_cast<char>(digit - 'A' + 'a');
    const auto value = kDigits.find(digit);
    return value == std::string_view::npos ? std::nullopt : std::optional{static_cast<unsigned>(value)};
}

} // namespace

std::string to_base32(std::span<const std::uint8_t> bytes)
{
    std::string text;
    unsigned buffer = 0;
    unsigned bits = 0;
    for (const auto byte : bytes) {
        buffer = (buffer << 8U | byte) & 0xfffU;
        for (bits += 8; bits >= kBits; bits -= kBits)
            text += kDigits[buffer >> (bits - kBits) & 31U];
    }
    if (bits > 0) text += kDigits[buffer << (kBits - bits) & 31U];
    return text;
}

bool from_base32(std::string_view text, std::span<std::uint8_t> bytes)
{
    if (text.size() != (bytes.size() * 8 + kBits - 1) / kBits) return false;
    unsigned buffer = 0;
    unsigned bits = 0;
    auto out = bytes.begin();
    for (const char digit : text) {
        const auto value = value_of(digit);
        if (!value) return false;
        buffer = (buffer << kBits | *value) & 0xfffU;
        bits += kBits;
        if (bits < 8) continue;
        bits -= 8;
        *out++ = static_cast<std::uint8_t>(buffer >> bits);
    }
    return (buffer & ((1U << bits) - 1)) == 0;
}

} // namespace peer_observer::addr_connectivity
