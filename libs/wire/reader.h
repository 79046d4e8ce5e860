// Reads the fields of a P2P payload; never past its end.
#pragma once

#include "libs/wire/decode.h"

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace peer_observer::wire {

static_assert(std::endian::native == std::endian::little);

/// The first failure sticks: from then on the payload counts as used up, numbers read as 0 and bytes as zeros or as
/// empty. So a decoder may read field after field and leave the check to its caller; only loops need to ask ok().
/// Views that it returns point into the payload.
class Reader {
public:
    explicit Reader(std::string_view payload) : begin_{payload.data()}, position_{begin_}, end_{begin_ + payload.size()}
    {}

    bool ok() const { return error_.reason.empty(); }
    const DecodeError& error() const { return error_; }
    std::size_t remaining() const { return static_cast<std::size_t>(end_ - position_); }
    std::size_t offset() const { return static_cast<std::size_t>(position_ - begin_); }

    /// What was read since `offset`, a former offset().
    std::string_view since(std::size_t offset) const { return {begin_ + offset, position_}; }

    /// `reason` has static storage.
    void fail(std::string_view reason)
    {
        if (!ok()) return;
        error_ = {reason, offset()};
        position_ = end_;
    }

    /// Nobody looks at what follows: it counts as used up.
    void leave_rest()
    {
        left_rest_ = true;
        position_ = end_;
    }
    bool left_rest() const { return left_rest_; }

    /// Little-endian, as nearly all numbers are.
    template <std::integral T>
    T number()
    {
        T value{};
        if (remaining() < sizeof value) {
            fail(kEndsEarly);
            return value;
        }
        std::memcpy(&value, position_, sizeof value);
        position_ += sizeof value;
        return value;
    }

    std::uint16_t big_endian_u16()
    {
        const auto value = number<std::uint16_t>();
        return static_cast<std::uint16_t>(value << 8 | value >> 8);
    }

    std::string_view bytes(std::size_t size)
    {
        if (remaining() < size) {
            fail(kEndsEarly);
            return {};
        }
        position_ += size;
        return {position_ - size, size};
    }

    /// As many bytes as a block header has or fewer; zeros after a failure, so that the size is always right.
    template <std::size_t Size>
    std::string_view fixed_bytes()
    {
        static constexpr std::array<char, Size> kZeros{};
        static_assert(Size <= 80);
        const auto view = bytes(Size);
        return view.empty() ? std::string_view{kZeros.data(), Size} : view;
    }

    std::string_view hash() { return fixed_bytes<32>(); }

    /// In the only form that Core accepts, the shortest. Core checks nearly all of them against its MAX_SIZE, too:
    /// compact_size() does.
    std::uint64_t compact_size_without_limit()
    {
        switch (const auto first = number<std::uint8_t>()) {
        case 0xfd:
            return at_least(number<std::uint16_t>(), 0xfd);
        case 0xfe:
            return at_least(number<std::uint32_t>(), 0x10000);
        case 0xff:
            return at_least(number<std::uint64_t>(), 0x100000000);
        default:
            return first;
        }
    }

    /// A CompactSize up to `limit`. `too_many` says that it is exceeded.
    std::size_t compact_size(std::uint64_t limit = kMaxSize, std::string_view too_many = kExceedsMaxSize)
    {
        const auto value = compact_size_without_limit();
        if (value <= limit) return value;
        fail(too_many);
        return 0;
    }

    /// The number of entries that follow, none of which is smaller than `minimum_entry_size`.
    std::size_t count(std::size_t minimum_entry_size, std::uint64_t limit = kMaxSize,
                      std::string_view too_many = kExceedsMaxSize)
    {
        const auto value = compact_size(limit, too_many);
        if (value <= remaining() / minimum_entry_size) return value;
        fail(kEndsEarly);
        return 0;
    }

    /// Bytes behind their number.
    std::string_view var_bytes(std::uint64_t limit = kMaxSize, std::string_view too_many = kExceedsMaxSize)
    {
        return bytes(compact_size(limit, too_many));
    }

private:
    /// Core's MAX_SIZE (serialize.h).
    static constexpr std::uint64_t kMaxSize = 0x02000000;
    static constexpr std::string_view kExceedsMaxSize = "a CompactSize exceeds 33554432";
    static constexpr std::string_view kEndsEarly = "the payload ends early";

    std::uint64_t at_least(std::uint64_t value, std::uint64_t minimum)
    {
        if (value >= minimum) return value;
        fail("a CompactSize is not in its shortest form");
        return 0;
    }

    const char* begin_;
    const char* position_;
    const char* end_;
    bool left_rest_ = false;
    DecodeError error_{};
};

} // namespace peer_observer::wire
