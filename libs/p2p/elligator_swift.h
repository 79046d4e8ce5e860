// The key exchange of the v2 transport (BIP324), which libsecp256k1 does. The only file that knows it.
#pragma once

#include <string>
#include <string_view>

namespace peer_observer::p2p {

inline constexpr std::size_t kSecretBytes = 32;
inline constexpr std::size_t kPublicKeyBytes = 64;

/// Whether this build has libsecp256k1 with ElligatorSwift. Without it, the functions below throw std::logic_error.
bool has_elligator_swift();

/// A public key that looks like random bytes. `entropy`: 32 random bytes. Throws std::invalid_argument if `secret` is
/// no private key, which of 2^128 random ones one is not.
std::string elligator_swift_key(std::string_view secret, std::string_view entropy);

/// The 32 bytes that only the two sides can compute. Every 64 bytes are a public key.
std::string shared_secret(std::string_view secret, std::string_view our_key, std::string_view their_key,
                          bool we_dialed);

} // namespace peer_observer::p2p
