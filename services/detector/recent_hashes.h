// The hashes of the last half an hour, in a little memory: a Bloom filter of two generations.
#pragma once

#include "services/detector/inventory.h"
#include "services/detector/moment.h"

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace peer_observer::detector {

/// May take a hash for a recent one that is not: one of 50 where 4,000 came within a generation. Never the other way
/// round. 8 KiB, once there is anything in it.
class RecentHashes {
public:
    void insert(Time now, const std::string& hash)
    {
        if (!generations_) generations_ = std::make_unique<std::array<Bits, 2>>();
        if (now >= next_) {
            if (now >= next_ + kGeneration) (*generations_)[current_].reset();
            current_ ^= 1U;
            (*generations_)[current_].reset();
            next_ = now + kGeneration;
        }
        const auto value = mixed(hash);
        for (unsigned i = 0; i < kProbes; ++i)
            (*generations_)[current_].set(position(value, i));
    }

    bool contains(const std::string& hash) const
    {
        if (!generations_) return false;
        const auto value = mixed(hash);
        return contains((*generations_)[0], value) || contains((*generations_)[1], value);
    }

private:
    static constexpr std::size_t kBits = 32768;
    static constexpr unsigned kProbes = 4;
    static constexpr Time kGeneration = 900 * kSecond;
    using Bits = std::bitset<kBits>;

    /// A peer that chooses hashes (txids cost it little) gains nothing but silence about itself.
    static std::uint64_t mixed(const std::string& hash) { return short_hash(hash) * 0x9E3779B97F4A7C15; }
    static std::size_t position(std::uint64_t value, unsigned i) { return (value >> (16 * i)) % kBits; }
    static bool contains(const Bits& bits, std::uint64_t value)
    {
        for (unsigned i = 0; i < kProbes; ++i)
            if (!bits.test(position(value, i))) return false;
        return true;
    }

    std::unique_ptr<std::array<Bits, 2>> generations_;
    std::size_t current_ = 0;
    Time next_ = 0;
};

} // namespace peer_observer::detector
