// Questions about the items of inv, getdata and notfound.
#pragma once

#include "proto/p2p.pb.h"

#include <cstdint>
#include <cstring>
#include <string_view>

namespace peer_observer::detector {

inline bool is_transaction(const proto::InventoryItem& item)
{
    return item.type() == proto::InventoryItem::TX || item.type() == proto::InventoryItem::WTX ||
           item.type() == proto::InventoryItem::WITNESS_TX;
}

inline bool is_block(const proto::InventoryItem& item)
{
    return item.type() == proto::InventoryItem::BLOCK || item.type() == proto::InventoryItem::CMPCT_BLOCK ||
           item.type() == proto::InventoryItem::WITNESS_BLOCK;
}

/// The first 64 bits of a hash. An attacker who grinds a collision only hides his own traffic.
inline std::uint64_t short_hash(std::string_view hash)
{
    std::uint64_t result = 0;
    if (hash.size() >= sizeof result) std::memcpy(&result, hash.data(), sizeof result);
    return result;
}

} // namespace peer_observer::detector
