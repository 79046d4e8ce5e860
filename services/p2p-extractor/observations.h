// Messages of the node as events: what is counted of them.
#pragma once

#include "proto/p2p_extractor.pb.h"

#include <cstddef>
#include <string_view>

namespace peer_observer::p2p_extractor {

/// Of an addr or addrv2 message with a payload of `size` bytes.
proto::AddressesReceived count_addresses(std::string_view type, const proto::Addresses& addresses, std::size_t size);

/// Of an inv or notfound message with a payload of `size` bytes.
proto::InventoryReceived count_inventory(const proto::Inventory& inventory, std::size_t size);

} // namespace peer_observer::p2p_extractor
