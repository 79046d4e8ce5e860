// The hash functions and text encodings that Bitcoin's data needs.
#pragma once

#include "tests/sim_node/writer.h"

#include <span>
#include <string>

namespace peer_observer::sim_node {

Hash double_sha256(std::span<const std::uint8_t> bytes);

/// Root of the tree over these hashes; there must be at least one.
Hash merkle_root(std::vector<Hash> hashes);

/// Lower case, without padding.
std::string base32(std::span<const std::uint8_t> bytes);

/// The address of a Tor v3 service with this public key of 32 bytes, `.onion` included.
std::string onion_address(std::span<const std::uint8_t> public_key);

} // namespace peer_observer::sim_node
