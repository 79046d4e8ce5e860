#include <cstdint>
#include <string>

#include "libs/wire/decoders.h"
#include "proto/p2p.pb.h"

namespace peer_observer::wire {

namespace {

/// The bytes of an InventoryItem up to its hash. Small enough for the string to hold them itself.
std::string bytes_before_hash(std::int32_t type)
{
    using proto::InventoryItem;
    constexpr auto kHashTag =
        InventoryItem::kHashFieldNumber << 3 | static_cast<int>(protozero::pbf_wire_type::length_delimited);
    std::string bytes;
    Writer{bytes}.add_enum(InventoryItem::kTypeFieldNumber, type);
    protozero::add_varint_to_buffer(&bytes, kHashTag);
    protozero::add_varint_to_buffer(&bytes, 32);
    return bytes;
}

} // namespace

void decode_inventory(Reader& reader, const DecodeOptions&, Writer& message)
{
    // Items of one type differ in their hash only, so they are written in two pieces. An open submessage, whose size
    // protozero adds when it is closed, takes half as long again.
    std::int32_t last_type = 0;
    auto before_hash = bytes_before_hash(last_type);
    for (auto n = reader.count(4 + 32, 50'000, "more than 50000 inventory items"); n > 0; --n) {
        if (const auto type = reader.number<std::int32_t>(); type != last_type) {
            before_hash = bytes_before_hash(type);
            last_type = type;
        }
        message.add_bytes_vectored(proto::Inventory::kItemsFieldNumber, before_hash, reader.hash());
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
