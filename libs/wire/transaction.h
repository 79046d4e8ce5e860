// A transaction inside a payload. Internal.
#pragma once

#include "libs/wire/reader.h"
#include "libs/wire/sha256.h"
#include "libs/wire/writer.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace peer_observer::wire {

/// Where the parts of a transaction lie (BIP144). Views point into the payload.
struct TransactionParts {
    std::string_view whole;
    std::string_view inputs_and_outputs;
    std::string_view first_input_script;
    bool has_witness = false;

    std::size_t stripped_size() const { return 4 + inputs_and_outputs.size() + 4; }
    std::size_t weight() const { return 3 * stripped_size() + whole.size(); }
    Hash txid() const;
};

/// The smallest: no inputs, no outputs.
inline constexpr std::size_t kMinimumTransactionSize = 10;

/// Whether the `count` transactions that follow are to be read. Not if the detail is counts, nor if they are more than
/// a valid block of this size can hold, for each costs two hashes: then the rest of the payload is left.
bool reads_transactions(Reader& reader, std::size_t count, TxDetail detail);

/// Reads one transaction by Core's rules. Meaningless if the reader has failed.
TransactionParts read_transaction(Reader& reader);

/// Writes the fields of a proto::Transaction.
void write_transaction(const TransactionParts& parts, const Hash& txid, TxDetail detail, Writer& message);

} // namespace peer_observer::wire
