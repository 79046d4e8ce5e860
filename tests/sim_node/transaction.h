// Transactions and blocks: well-formed, with the hashes that their bytes have. Signatures and proof of work are random.
#pragma once

#include "tests/sim_node/random.h"
#include "tests/sim_node/writer.h"

#include <cstdint>
#include <vector>

namespace peer_observer::sim_node {

/// An unspent output.
struct Coin {
    Hash txid{};
    std::uint32_t vout = 0;
    std::uint32_t height = 0;
    std::int64_t value = 0; ///< satoshi
    bool coinbase = false;
};

struct Transaction {
    Bytes bytes; ///< BIP144
    Hash txid{};
    Hash wtxid{};
    std::int64_t weight = 0;
    std::int64_t fee = 0;      ///< satoshi
    std::vector<Coin> inputs;  ///< empty: a coinbase transaction
    std::vector<Coin> outputs; ///< their height is to be set when a block has it

    std::int32_t vsize() const { return static_cast<std::int32_t>((weight + 3) / 4); }
};

/// Spends these coins, to one to four new outputs of today's common kinds. One in five has no witness.
Transaction make_transaction(Random& random, std::vector<Coin> inputs, std::int64_t fee);

Transaction make_coinbase(Random& random, std::uint32_t height, std::int64_t value);

/// 80 bytes.
Bytes make_header(Random& random, const Hash& previous, const Hash& merkle_root, std::int64_t time);

struct Block {
    Bytes header;
    Hash hash{};
    std::uint32_t height = 0;
    std::vector<Transaction> transactions; ///< the coinbase first

    Bytes bytes() const;
};

} // namespace peer_observer::sim_node
