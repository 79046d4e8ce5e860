#include "libs/wire/decoders.h"
#include "proto/p2p.pb.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace peer_observer::wire {

namespace {

constexpr std::size_t kHashBytes = 32;
/// Tag and size of the item, tag and varint of a type that is negative, tag and size of the hash.
constexpr std::size_t kMostBytesBeforeHash = 2 + 1 + 10 + 2;

/// The bytes of an Inventory's item up to its hash.
struct BeforeHash {
    std::size_t size = 0;
    std::array<char, kMostBytesBeforeHash> bytes{};

    explicit BeforeHash(std::int32_t type)
    {
        using proto::InventoryItem;
        constexpr auto kDelimited = static_cast<int>(protozero::pbf_wire_type::length_delimited);
        std::string fields;
        protozero::pbf_writer{fields}.add_enum(InventoryItem::kTypeFieldNumber, type);
        protozero::add_varint_to_buffer(&fields, InventoryItem::kHashFieldNumber << 3 | kDelimited);
        protozero::add_varint_to_buffer(&fields, kHashBytes);
        std::string item;
        protozero::add_varint_to_buffer(&item, proto::Inventory::kItemsFieldNumber << 3 | kDelimited);
        protozero::add_varint_to_buffer(&item, fields.size() + kHashBytes);
        item += fields;
        size = item.copy(bytes.data(), bytes.size());
    }
};

void copy_items(Reader& reader, std::size_t count, Writer& message)
{
    // Most of what a node says and hears are these lists, so no submessage is opened and closed for each item.
    constexpr std::size_t kItemsAtOnce = 1024;
    std::int32_t last_type = 0;
    BeforeHash before_hash{last_type};
    while (count > 0 && !message.full()) {
        const auto at_once = std::min(count, kItemsAtOnce);
        count -= at_once;
        message.append_fields(at_once * (kMostBytesBeforeHash + kHashBytes), [&](char* const begin) {
            char* to = begin;
            for (auto n = at_once; n > 0; --n) {
                // Items of one type differ in their hash only.
                if (const auto type = reader.number<std::int32_t>(); type != last_type) {
                    before_hash = BeforeHash{type};
                    last_type = type;
                }
                std::memcpy(to, before_hash.bytes.data(), kMostBytesBeforeHash);
                std::memcpy(to + before_hash.size, reader.hash().data(), kHashBytes);
                to += before_hash.size + kHashBytes;
            }
            return static_cast<std::size_t>(to - begin);
        });
    }
}

} // namespace

void decode_inventory(Reader& reader, TxDetail, Writer& message)
{
    copy_items(reader, reader.count(4 + kHashBytes, 50'000, "more than 50000 inventory items"), message);
}

/// Core has no limit here: what is more than it has asked for, it ignores.
void decode_notfound(Reader& reader, TxDetail, Writer& message)
{
    copy_items(reader, reader.count(4 + kHashBytes), message);
}

void decode_block_locator(Reader& reader, TxDetail, Writer& message)
{
    using proto::BlockLocator;
    message.add_uint32(BlockLocator::kVersionFieldNumber, reader.number<std::uint32_t>());
    for (auto n = reader.count(32, 101, "more than 101 block locator hashes"); n > 0 && !message.full(); --n) {
        message.add_bytes(BlockLocator::kLocatorHashesFieldNumber, reader.hash());
    }
    message.add_bytes(BlockLocator::kStopHashFieldNumber, reader.hash());
}

} // namespace peer_observer::wire
