// Drops what an archive does not keep of transactions, as the extractor's --tx-detail does it for all tools.
#pragma once

#include "libs/events/batch.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace peer_observer::archiver {

enum class TxDetail : std::uint8_t {
    received, ///< all that the extractor sent
    full,     ///< without the transactions' bytes
    ids,      ///< txid, wtxid, sizes; of a block the list of its txids
};

/// As --tx-detail takes it.
constexpr std::string_view to_text(TxDetail detail)
{
    return detail == TxDetail::received ? "received" : detail == TxDetail::full ? "full" : "ids";
}

/// Appends a batch with the same envelope and events that have no more than `detail`. Every event keeps its number. One
/// that is not valid protobuf stays as it is, and so does all that is about no transaction.
void append_with_detail(const events::Batch& batch, TxDetail detail, std::string& out);

} // namespace peer_observer::archiver
