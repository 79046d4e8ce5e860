#include "tests/sim_node/hashes.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

namespace peer_observer::sim_node {

Hash double_sha256(std::span<const std::uint8_t> bytes)
{
    Hash once;
    SHA256(bytes.data(), bytes.size(), once.data());
    Hash twice;
    SHA256(once.data(), once.size(), twice.data());
    return twice;
}

Hash merkle_root(std::vector<Hash> hashes)
{
    while (hashes.size() > 1) {
        if (hashes.size() % 2 == 1) hashes.push_back(hashes.back());
        for (std::size_t i = 0; i < hashes.size() / 2; ++i) {
            hashes[i] = double_sha256(Writer{}.raw(hashes[2 * i]).raw(hashes[2 * i + 1]).take());
        }
        hashes.resize(hashes.size() / 2);
    }
    return hashes.front();
}

std::string base32(std::span<const std::uint8_t> bytes)
{
    static constexpr char kDigits[] = "abcdefghijklmnopqrstuvwxyz234567";
    std::string text;
    std::uint32_t buffer = 0;
    unsigned bits = 0;
    for (const std::uint8_t byte : bytes) {
        buffer = buffer << 8 | byte;
        for (bits += 8; bits >= 5; bits -= 5)
            text += kDigits[buffer >> (bits - 5) & 31];
    }
    if (bits > 0) text += kDigits[buffer << (5 - bits) & 31];
    return text;
}

std::string onion_address(std::span<const std::uint8_t> public_key)
{
    constexpr std::uint8_t kVersion = 3;
    const Bytes input = Writer{}.raw(".onion checksum").raw(public_key).u8(kVersion).take();
    Hash checksum;
    EVP_Digest(input.data(), input.size(), checksum.data(), nullptr, EVP_sha3_256(), nullptr);
    return base32(Writer{}.raw(public_key).raw(std::span(checksum).first(2)).u8(kVersion).take()) + ".onion";
}

} // namespace peer_observer::sim_node
