// Addresses as text, in the forms that Bitcoin Core prints. Internal.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace peer_observer::wire {

/// Text that needs no allocation. The longest is a TorV3 or I2P address, with 62 and 60 characters.
class AddressText {
public:
    std::string_view view() const { return {characters_.data(), size_}; }
    void append(char character) { characters_[size_++] = character; }
    void append(std::string_view text)
    {
        for (const char character : text)
            append(character);
    }
    void append_number(unsigned value, unsigned base);
    /// Lower case, without padding.
    void append_base32(std::string_view bytes);

private:
    std::array<char, 64> characters_;
    std::size_t size_ = 0;
};

AddressText ipv4_text(std::string_view bytes);
/// RFC 5952, but never with an embedded IPv4 address in dotted form.
AddressText ipv6_text(std::string_view bytes);
AddressText torv2_text(std::string_view bytes);
AddressText torv3_text(std::string_view public_key);
AddressText i2p_text(std::string_view bytes);

} // namespace peer_observer::wire
