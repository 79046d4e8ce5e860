// Values of the labels `network` and `inv_type`.
#pragma once

#include "proto/p2p.pb.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace peer_observer::metrics {

/// Core's names of networks, by network_index().
inline constexpr auto kNetworkNames = std::to_array<std::string_view>({"ipv4", "ipv6", "onion", "i2p", "cjdns"});

constexpr std::optional<std::size_t> network_index(proto::Address::Network network)
{
    switch (network) {
    case proto::Address::IPV4:
        return 0;
    case proto::Address::IPV6:
        return 1;
    case proto::Address::TORV2:
    case proto::Address::TORV3:
        return 2;
    case proto::Address::I2P:
        return 3;
    case proto::Address::CJDNS:
        return 4;
    default:
        return std::nullopt;
    }
}

struct InvType {
    int number;
    std::string_view name; ///< as in CInv::GetMessageType of Bitcoin Core
};

/// By inv_type_index(); the last one is for all others.
inline constexpr auto kInvTypes = std::to_array<InvType>({
    {proto::InventoryItem::TX, "tx"},
    {proto::InventoryItem::WTX, "wtx"},
    {proto::InventoryItem::BLOCK, "block"},
    {proto::InventoryItem::FILTERED_BLOCK, "merkleblock"},
    {proto::InventoryItem::CMPCT_BLOCK, "cmpctblock"},
    {proto::InventoryItem::WITNESS_TX, "witness-tx"},
    {proto::InventoryItem::WITNESS_BLOCK, "witness-block"},
    {proto::InventoryItem::WITNESS_FILTERED_BLOCK, "witness-merkleblock"},
    {proto::InventoryItem::UNDEFINED, "unknown"},
});

constexpr std::size_t inv_type_index(int number)
{
    const auto* const found = std::ranges::find(kInvTypes, number, &InvType::number);
    return std::min(static_cast<std::size_t>(found - kInvTypes.begin()), kInvTypes.size() - 1);
}

} // namespace peer_observer::metrics
