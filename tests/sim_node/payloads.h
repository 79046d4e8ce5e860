// Payloads of P2P messages, each well-formed. One function a layout; fields as in the protocol's documentation.
#pragma once

#include "tests/sim_node/address.h"
#include "tests/sim_node/probes.h"
#include "tests/sim_node/transaction.h"
#include "tests/sim_node/writer.h"

#include <span>
#include <string_view>
#include <vector>

namespace peer_observer::sim_node::payloads {

inline constexpr std::int32_t kProtocolVersion = 70016;

// Handshake and connection (payloads.cpp).
struct Version {
    std::int32_t version = kProtocolVersion;
    std::uint64_t services = 0;
    std::int64_t time = 0;
    Address receiver{};
    std::uint64_t nonce = 0;
    std::string_view user_agent = "/sim_node/";
    std::int32_t start_height = 0;
    bool relay = true;
};
Bytes version(const Version& fields);
Bytes nonce(std::uint64_t nonce); ///< ping, pong
Bytes fee_filter(std::int64_t satoshi_per_kvbyte);
Bytes send_compact(bool announce, std::uint64_t version);
Bytes send_reconciliation(std::uint32_t version, std::uint64_t salt);
Bytes feature(std::string_view id, std::span<const std::uint8_t> data);
Bytes reject(std::string_view message_type, std::uint8_t code, std::string_view reason, const Hash& hash);
Bytes alert(std::span<const std::uint8_t> payload, std::span<const std::uint8_t> signature);

// Addresses (payloads.cpp).
struct KnownAddress {
    Address address;
    std::uint32_t time = 0;
    std::uint64_t services = 0;
};
Bytes addr(const std::vector<KnownAddress>& addresses); ///< leaves out those that it cannot carry
Bytes addrv2(const std::vector<KnownAddress>& addresses);

// Inventory (payloads.cpp).
enum class Inventory : std::uint32_t {
    tx = 1,
    block = 2,
    filtered_block = 3,
    compact_block = 4,
    wtx = 5,
    witness_tx = 1U << 30 | 1,
    witness_block = 1U << 30 | 2,
};
Bytes inventory(Inventory type, const std::vector<Hash>& hashes); ///< inv, getdata, notfound
Bytes locator(const std::vector<Hash>& hashes, const Hash& stop); ///< getblocks, getheaders

// Blocks (payloads_block.cpp).
Bytes headers(const std::vector<Bytes>& headers);
Bytes merkle_block(const Block& block); ///< as if the filter matched all transactions
Bytes compact_block(Random& random, const Block& block);
Bytes get_block_transactions(const Hash& hash, const std::vector<std::size_t>& indexes);
Bytes block_transactions(const Block& block, const std::vector<std::size_t>& indexes);

// Filters (payloads_block.cpp). The type of a compact filter is always 0, basic.
Bytes filter_load(std::span<const std::uint8_t> filter, std::uint32_t functions, std::uint32_t tweak);
Bytes filter_add(std::span<const std::uint8_t> data);
Bytes get_compact_filters(std::uint32_t start_height, const Hash& stop); ///< getcfilters, getcfheaders
Bytes compact_filter(const Hash& block, std::span<const std::uint8_t> filter);
Bytes compact_filter_headers(const Hash& stop, const Hash& previous, const std::vector<Hash>& filter_hashes);
Bytes get_compact_filter_checkpoints(const Hash& stop);
Bytes compact_filter_checkpoints(const Hash& stop, const std::vector<Hash>& headers);

/// A payload that no node would make, and what a decoder has to make of it (payloads_odd.cpp).
struct Odd {
    const char* message_type;
    Bytes payload;
    Payload kind;
    const char* misbehaviour = nullptr; ///< what Core says about the peer, if it punishes this
};
std::vector<Odd> odd_payloads(Random& random);

} // namespace peer_observer::sim_node::payloads
