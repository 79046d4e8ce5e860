// Writes asmap files instruction by instruction, good ones and bad ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace peer_observer::asmap {

class AsmapWriter {
public:
    AsmapWriter& add_return(std::uint32_t asn) { return bits({0}).number(1, 15, 10, asn); }
    AsmapWriter& add_jump(std::uint32_t bits_to_skip) { return bits({1, 0}).number(17, 5, 26, bits_to_skip); }
    /// The highest bit of `match` stands before the bits to match: 0b101 matches 01.
    AsmapWriter& add_match(std::uint32_t match) { return bits({1, 1, 0}).number(2, 1, 8, match); }
    AsmapWriter& add_default(std::uint32_t asn) { return bits({1, 1, 1}).number(1, 15, 10, asn); }
    /// The 96 bits that all IPv4 addresses start with.
    AsmapWriter& add_ipv4_prefix()
    {
        for (int byte = 0; byte < 10; ++byte)
            add_match(0x100);
        return add_match(0x1ff).add_match(0x1ff);
    }
    /// A jump over `zero`, which is for the addresses whose next bit is 0, to `one`.
    AsmapWriter& add_branch(const AsmapWriter& zero, const AsmapWriter& one)
    {
        return add_jump(static_cast<std::uint32_t>(zero.bits_.size())).bits(zero.bits_).bits(one.bits_);
    }
    const std::vector<std::uint8_t>& all_bits() const { return bits_; }
    AsmapWriter& bits(const std::vector<std::uint8_t>& more)
    {
        bits_.insert(bits_.end(), more.begin(), more.end());
        return *this;
    }

    std::string file() const
    {
        std::string out((bits_.size() + 7) / 8, '\0');
        for (std::size_t i = 0; i < bits_.size(); ++i)
            out[i / 8] = static_cast<char>(out[i / 8] | bits_[i] << (i % 8));
        return out;
    }

private:
    AsmapWriter& number(std::uint32_t first, unsigned class_bits, unsigned classes, std::uint32_t value)
    {
        value -= first;
        for (; value >= 1U << class_bits; ++class_bits) {
            value -= 1U << class_bits;
            bits_.push_back(1);
            --classes;
        }
        if (classes != 1) bits_.push_back(0);
        for (unsigned bit = class_bits; bit-- != 0;)
            bits_.push_back(value >> bit & 1U);
        return *this;
    }

    std::vector<std::uint8_t> bits_;
};

} // namespace peer_observer::asmap
