#include <cstdint>

#include "libs/wire/decoders.h"
#include "proto/p2p.pb.h"

namespace peer_observer::wire {

void decode_inventory(Reader& reader, const DecodeOptions&, Writer& message)
{
    using proto::InventoryItem;
    for (auto n = reader.count(4 + 32, 50'000, "more than 50000 inventory items"); n > 0; --n) {
        Writer item{message, proto::Inventory::kItemsFieldNumber};
        item.add_enum(InventoryItem::kTypeFieldNumber, reader.number<std::int32_t>());
        item.add_bytes(InventoryItem::kHashFieldNumber, reader.hash());
    }
}

void decode_block_locator(Reader& reader, const DecodeOptions&, Writer& message)
{
    using proto::BlockLocator;
    message.add_uint32(BlockLocator::kVersionFieldNumber, reader.number<std::uint32_t>());
    for (auto n = reader.count(32, 101, "more than 101 block locator hashes"); n > 0; --n) {
        message.add_bytes(BlockLocator::kLocatorHashesFieldNumber, reader.hash());
    }
    message.add_bytes(BlockLocator::kStopHashFieldNumber, reader.hash());
}

} // namespace peer_observer::wire
