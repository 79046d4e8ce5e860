// The hashes of the last while, in a little memory: Bloom filters of two generations.
#pragma once

#include "services/detector/inventory.h"
#include "services/detector/moment.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace peer_observer::detector {

/// Remembers for one to two generations. 1/40 false positives at one insertion per 8 bits, no false negatives. A
/// generation begins with the size that the one before it needed, and has another filter, four times as large, when
/// that is full (each adds its false positives); at most kBits / 8 insertions per generation keep to that rate.
template <std::size_t kBits, Time kGeneration>
class BasicRecentHashes {
public:
    void insert(Time now, std::uint64_t hash)
    {
        if (now >= next_) {
            if (now >= next_ + kGeneration) generations_[current_] = {};
            const std::size_t needed = std::bit_ceil(std::max(kBitsEach * generations_[current_].count, kLeastBits));
            current_ ^= 1U;
            generations_[current_] = {};
            generations_[current_].filters.emplace_back(std::min(needed, kBits));
            next_ = now + kGeneration;
        }
        generations_[current_].insert(hash);
    }
    void insert(Time now, const std::string& hash) { insert(now, short_hash(hash)); }

    bool contains(std::uint64_t hash) const
    {
        return std::ranges::any_of(generations_, [&](const auto& generation) {
            return std::ranges::any_of(generation.filters, [&](const auto& filter) { return filter.contains(hash); });
        });
    }
    bool contains(const std::string& hash) const { return contains(short_hash(hash)); }

private:
    static constexpr std::size_t kBitsEach = 8;
    static constexpr std::size_t kLeastBits = 1024;
    static_assert(std::has_single_bit(kBits) && kBits >= kLeastBits);

    class Filter {
    public:
        explicit Filter(std::size_t bits) : words_(bits / kWord) {}

        std::size_t bits() const { return words_.size() * kWord; }
        void insert(std::uint64_t hash)
        {
            for (unsigned i = 0; i < kProbes; ++i) {
                const std::size_t bit = position(hash, i);
                words_[bit / kWord] |= 1UL << bit % kWord;
            }
        }
        bool contains(std::uint64_t hash) const
        {
            for (unsigned i = 0; i < kProbes; ++i) {
                const std::size_t bit = position(hash, i);
                if ((words_[bit / kWord] >> bit % kWord & 1U) == 0) return false;
            }
            return true;
        }

    private:
        static constexpr unsigned kProbes = 4;
        static constexpr std::size_t kWord = 64;

        /// A peer that chooses hashes (txids cost it little) gains nothing but silence about itself.
        std::size_t position(std::uint64_t hash, unsigned i) const
        {
            const std::uint64_t mixed = hash * 0x9E3779B97F4A7C15;
            return ((mixed >> 32U) + i * ((mixed & 0xffffffffU) | 1U)) % bits();
        }

        std::vector<std::uint64_t> words_;
    };

    struct Generation {
        std::vector<Filter> filters; ///< the last one takes what comes
        std::size_t in_last = 0;
        std::size_t count = 0;

        void insert(std::uint64_t hash)
        {
            if (const std::size_t bits = filters.back().bits(); in_last * kBitsEach >= bits && bits < kBits) {
                filters.emplace_back(std::min(4 * bits, kBits));
                in_last = 0;
            }
            filters.back().insert(hash);
            ++in_last;
            ++count;
        }
    };

    std::array<Generation, 2> generations_;
    std::size_t current_ = 0;
    Time next_ = 0;
};

/// Of a peer, for the last 10 to 20 minutes: 16 KiB at most. 14 transactions a second (Core's
/// INVENTORY_BROADCAST_PER_SECOND, net_processing.cpp) are 8,400 in a generation.
using RecentHashes = BasicRecentHashes<65'536, 600 * kSecond>;

} // namespace peer_observer::detector
