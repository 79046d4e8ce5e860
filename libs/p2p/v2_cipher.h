// The ciphers of the v2 transport (BIP324): keys from a shared secret, and encrypted packets. ChaCha20, Poly1305 and
// HKDF are OpenSSL's; here is only in which order keys and nonces follow each other.
#pragma once

#include "libs/base/c_handle.h"
#include "libs/p2p/chain.h"

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace peer_observer::p2p {

using CipherContext = base::CHandle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

/// FSChaCha20: a key stream, with another key after each 224 chunks.
class LengthCipher {
public:
    explicit LengthCipher(std::string_view key);

    /// Encrypts or decrypts the next chunk.
    std::string crypt(std::string_view chunk);

private:
    void start(std::string_view key);
    std::string stream(std::string_view text);

    CipherContext context_{EVP_CIPHER_CTX_new()};
    std::uint64_t chunks_ = 0;
};

/// FSChaCha20Poly1305: packets that nobody can change, with another key after each 224 of them.
class PacketCipher {
public:
    explicit PacketCipher(std::string_view key) : key_{key} {}

    /// The next packet: the encrypted text and 16 bytes that authenticate it. `aad`: what is authenticated with it.
    std::string encrypt(std::string_view text, std::string_view aad);
    /// Nothing if the packet is not what the other side has encrypted next.
    std::optional<std::string> decrypt(std::string_view packet, std::string_view aad);

private:
    std::string nonce(std::uint32_t first) const;
    std::string seal(std::string_view nonce, std::string_view text, std::string_view aad);
    void advance();

    CipherContext context_{EVP_CIPHER_CTX_new()};
    std::string key_;
    std::uint64_t packets_ = 0;
};

inline constexpr std::size_t kLengthBytes = 3;
inline constexpr std::size_t kPacketHeaderBytes = 1;
inline constexpr std::size_t kTagBytes = 16;
inline constexpr std::size_t kTerminatorBytes = 16;

/// Both directions of a connection.
class V2Cipher {
public:
    V2Cipher(std::string_view shared_secret, const Magic& magic, bool we_dialed);

    /// A whole packet: length, header, contents, authentication. `ignore`: the other side skips it.
    std::string encrypt(std::string_view contents, std::string_view aad = {}, bool ignore = false);
    /// Of the next packet, by its first three bytes: how many bytes the contents have.
    std::size_t decrypt_length(std::string_view bytes);

    struct Packet {
        std::string contents;
        bool ignore = false;
    };
    /// `packet`: what follows the length. Nothing if it is not authentic.
    std::optional<Packet> decrypt(std::string_view packet, std::string_view aad = {});

    const std::string& session_id() const { return session_id_; }
    const std::string& our_terminator() const { return our_terminator_; }
    const std::string& their_terminator() const { return their_terminator_; }

private:
    std::string session_id_;
    std::string our_terminator_;
    std::string their_terminator_;
    LengthCipher send_length_;
    PacketCipher send_packet_;
    LengthCipher receive_length_;
    PacketCipher receive_packet_;
};

} // namespace peer_observer::p2p
