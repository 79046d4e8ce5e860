// The instructions of an asmap, as bits. Internal.
#pragma once

#include <endian.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace peer_observer::asmap {

enum class Instruction : std::uint8_t { return_, jump, match, default_ };

/// An instruction with its number: an AS, the bits to skip, what to match, a default AS.
struct Step {
    Instruction instruction;
    std::uint32_t number;
    unsigned bits; ///< that it takes in the file
};

/// A number is written as: a 1-bit for each class that it is above, a 0-bit unless that is the last class, and its
/// place within its class, the highest bit first. The first class begins at `first` and has 2^class_bits numbers, each
/// further one twice as many. `bits` starts with it.
template <std::uint32_t first, unsigned class_bits, unsigned classes>
Step read_number(Instruction instruction, std::uint64_t bits, unsigned bits_before)
{
    const auto above = std::min(static_cast<unsigned>(std::countl_one(bits)), classes - 1);
    const auto prefix = above + (above < classes - 1 ? 1 : 0);
    const auto size = class_bits + above;
    const auto start = first + (((1U << above) - 1) << class_bits);
    return {instruction, start + static_cast<std::uint32_t>(bits << prefix >> (64 - size)),
            bits_before + prefix + size};
}

/// What `bits` starts with: RETURN is 0, JUMP 10, MATCH 110, DEFAULT 111. The longest step has 57 bits.
inline Step read_step(std::uint64_t bits)
{
    switch (std::countl_one(bits)) {
    case 0:
        return read_number<1, 15, 10>(Instruction::return_, bits << 1, 1);
    case 1:
        return read_number<17, 5, 26>(Instruction::jump, bits << 2, 2);
    case 2:
        return read_number<2, 1, 8>(Instruction::match, bits << 3, 3);
    default:
        return read_number<1, 15, 10>(Instruction::default_, bits << 3, 3);
    }
}

/// The bits from `position` on, the first one highest; 57 of them at least. `bytes` has its bits reversed in each byte,
/// and seven more bytes behind the one that the position is in.
inline std::uint64_t bits_at(const std::uint8_t* bytes, std::size_t position)
{
    std::uint64_t word;
    std::memcpy(&word, bytes + position / 8, sizeof word);
    return be64toh(word) << (position % 8);
}

/// The bits of `match` behind its highest one.
inline unsigned match_bits(std::uint32_t match) { return static_cast<unsigned>(std::bit_width(match)) - 1; }

} // namespace peer_observer::asmap
