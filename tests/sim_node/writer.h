// Writes Bitcoin's serialization: integers little-endian, CompactSize, vectors.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace peer_observer::sim_node {

using Bytes = std::vector<std::uint8_t>;
using Hash = std::array<std::uint8_t, 32>; ///< in wire order

class Writer {
public:
    template <std::integral T>
    Writer& integer(T value)
    {
        for (std::size_t i = 0; i < sizeof(T); ++i) {
            bytes_.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i)));
        }
        return *this;
    }
    Writer& u8(std::uint8_t value) { return integer(value); }
    Writer& i32(std::int32_t value) { return integer(value); }
    Writer& u32(std::uint32_t value) { return integer(value); }
    Writer& i64(std::int64_t value) { return integer(value); }
    Writer& u64(std::uint64_t value) { return integer(value); }
    /// Ports are the only big-endian numbers of the protocol.
    Writer& port(std::uint16_t value)
    {
        return u8(static_cast<std::uint8_t>(value >> 8)).u8(static_cast<std::uint8_t>(value));
    }
    Writer& compact_size(std::uint64_t value)
    {
        if (value < 0xfd) return u8(static_cast<std::uint8_t>(value));
        if (value <= 0xffff) return u8(0xfd).integer(static_cast<std::uint16_t>(value));
        if (value <= 0xffffffff) return u8(0xfe).u32(static_cast<std::uint32_t>(value));
        return u8(0xff).u64(value);
    }
    Writer& raw(std::span<const std::uint8_t> bytes)
    {
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        return *this;
    }
    Writer& raw(std::string_view text)
    {
        bytes_.insert(bytes_.end(), text.begin(), text.end());
        return *this;
    }
    /// With its length in front.
    Writer& var_bytes(std::span<const std::uint8_t> bytes) { return compact_size(bytes.size()).raw(bytes); }
    Writer& var_bytes(std::string_view text) { return compact_size(text.size()).raw(text); }
    Writer& zeros(std::size_t count)
    {
        bytes_.insert(bytes_.end(), count, 0);
        return *this;
    }

    std::size_t size() const { return bytes_.size(); }
    Bytes take() { return std::move(bytes_); }

private:
    Bytes bytes_;
};

} // namespace peer_observer::sim_node
