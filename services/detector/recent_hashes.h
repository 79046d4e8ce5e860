// The hashes of the last while, in a little memory: a Bloom filter of two generations.
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

/// Remembers for one to two generations. 1/40 false positives at kBits / 8 insertions per generation, no false
/// negatives. No memory until there is anything in it.
template <std::size_t kBits, Time kGeneration>
class BasicRecentHashes {
public:
    void insert(Time now, std::uint64_t hash)
    {
        if (!generations_) generations_ = std::make_unique<std::array<Bits, 2>>();
        if (now >= next_) {
            if (now >= next_ + kGeneration) (*generations_)[current_].reset();
            current_ ^= 1U;
            (*generations_)[current_].reset();
            next_ = now + kGeneration;
        }
        for (unsigned i = 0; i < kProbes; ++i)
            (*generations_)[current_].set(position(hash, i));
    }
    void insert(Time now, const std::string& hash) { insert(now, short_hash(hash)); }

    bool contains(std::uint64_t hash) const
    {
        return generations_ && (contains((*generations_)[0], hash) || contains((*generations_)[1], hash));
    }
    bool contains(const std::string& hash) const { return contains(short_hash(hash)); }

private:
    static constexpr unsigned kProbes = 4;
    using Bits = std::bitset<kBits>;

    /// A peer that chooses hashes (txids cost it little) gains nothing but silence about itself.
    static std::size_t position(std::uint64_t hash, unsigned i)
    {
        const std::uint64_t mixed = hash * 0x9E3779B97F4A7C15;
        return ((mixed >> 32U) + i * ((mixed & 0xffffffffU) | 1U)) % kBits;
    }
    static bool contains(const Bits& bits, std::uint64_t hash)
    {
        for (unsigned i = 0; i < kProbes; ++i)
            if (!bits.test(position(hash, i))) return false;
        return true;
    }

    std::unique_ptr<std::array<Bits, 2>> generations_;
    std::size_t current_ = 0;
    Time next_ = 0;
};

/// Of a peer, for the last 10 to 20 minutes: 16 KiB. 14 transactions a second (Core's INVENTORY_BROADCAST_PER_SECOND,
/// net_processing.cpp) are 8,400 in a generation.
using RecentHashes = BasicRecentHashes<65'536, 600 * kSecond>;

} // namespace peer_observer::detector
