#include "libs/wire/address_text.h"

#include "libs/base/c_handle.h"

#include <openssl/evp.h>

#include <charconv>
#include <cstdint>
#include <new>

namespace peer_observer::wire {
namespace {

unsigned byte_at(std::string_view bytes, std::size_t index) { return static_cast<std::uint8_t>(bytes[index]); }

/// The two bytes of rend-spec-v3 that stand between the key and the version in a TorV3 address.
std::array<char, 2> torv3_checksum(std::string_view public_key, std::string_view version)
{
    using Context = base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;
    using Algorithm = base::CHandle<EVP_MD, EVP_MD_free>;
    // Looking the algorithm up takes longer than hashing with it.
    thread_local const Algorithm sha3_256{EVP_MD_fetch(nullptr, "SHA3-256", nullptr)};
    thread_local const Context context{EVP_MD_CTX_new()};
    static constexpr std::string_view kPrefix = ".onion checksum";

    std::array<unsigned char, 32> digest;
    if (EVP_DigestInit_ex(context.get(), sha3_256.get(), nullptr) != 1 ||
        EVP_DigestUpdate(context.get(), kPrefix.data(), kPrefix.size()) != 1 ||
        EVP_DigestUpdate(context.get(), public_key.data(), public_key.size()) != 1 ||
        EVP_DigestUpdate(context.get(), version.data(), version.size()) != 1 ||
        EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
        throw std::bad_alloc{}; // its only reason, for no input is invalid
    }
    return {static_cast<char>(digest[0]), static_cast<char>(digest[1])};
}

} // namespace

void AddressText::append_number(unsigned value, unsigned base)
{
    char* const end = characters_.data() + size_;
    size_ += static_cast<std::size_t>(
        std::to_chars(end, characters_.data() + characters_.size(), value, static_cast<int>(base)).ptr - end);
}

void AddressText::append_base32(std::string_view bytes)
{
    static constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned bits = 0;
    unsigned bit_count = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bits = (bits << 8 | byte_at(bytes, i)) & 0xfff;
        for (bit_count += 8; bit_count >= 5; bit_count -= 5)
            append(kAlphabet[bits >> (bit_count - 5) & 31]);
    }
    if (bit_count > 0) append(kAlphabet[bits << (5 - bit_count) & 31]);
}

AddressText ipv4_text(std::string_view bytes)
{
    AddressText text;
    for (std::size_t i = 0; i < 4; ++i) {
        if (i > 0) text.append('.');
        text.append_number(byte_at(bytes, i), 10);
    }
    return text;
}

AddressText ipv6_text(std::string_view bytes)
{
    std::array<unsigned, 8> groups;
    for (std::size_t i = 0; i < 8; ++i)
        groups[i] = byte_at(bytes, 2 * i) << 8 | byte_at(bytes, 2 * i + 1);

    // The first of the longest runs of zeros, if it is longer than one group, becomes `::`.
    std::size_t run_start = 8;
    std::size_t run_size = 1;
    for (std::size_t start = 0; start < 8; ++start) {
        std::size_t size = 0;
        while (start + size < 8 && groups[start + size] == 0)
            ++size;
        if (size > run_size) {
            run_start = start;
            run_size = size;
        }
    }

    AddressText text;
    for (std::size_t i = 0; i < 8; ++i) {
        if (i == run_start) {
            text.append("::");
            i += run_size - 1;
            continue;
        }
        if (i > 0 && i != run_start + run_size) text.append(':');
        text.append_number(groups[i], 16);
    }
    return text;
}

AddressText torv2_text(std::string_view bytes)
{
    AddressText text;
    text.append_base32(bytes);
    text.append(".onion");
    return text;
}

AddressText torv3_text(std::string_view public_key)
{
    static constexpr std::string_view kVersion = "\x03";
    const auto checksum = torv3_checksum(public_key, kVersion);
    std::array<char, 35> bytes;
    auto* end = bytes.data() + public_key.copy(bytes.data(), 32);
    *end++ = checksum[0];
    *end++ = checksum[1];
    *end = kVersion[0];

    AddressText text;
    text.append_base32({bytes.data(), bytes.size()});
    text.append(".onion");
    return text;
}

AddressText i2p_text(std::string_view bytes)
{
    AddressText text;
    text.append_base32(bytes);
    text.append(".b32.i2p");
    return text;
}

} // namespace peer_observer::wire
