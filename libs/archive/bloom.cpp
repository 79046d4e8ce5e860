#include "libs/archive/bloom.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace peer_observer::archive {
namespace {

constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15; // 2^64 by the golden ratio, odd
constexpr std::size_t kFirstSlots = 1024;

__extension__ using Uint128 = unsigned __int128;

/// Calls `visit` with the number of each bit of a token, in a filter of `bits`; stops where it returns false.
template <typename Visit>
bool all_bits(std::uint64_t token, std::uint64_t bits, const Visit& visit)
{
    const std::uint64_t step = token * kMultiplier | 1U;
    for (std::uint64_t i = 0; i < kBitsSetPerToken; ++i, token += step)
        // cppcheck-suppress shiftTooManyBits ; cppcheck 2.10 takes unsigned __int128 for 64 bits
        if (!visit(static_cast<std::uint64_t>(Uint128{token} * bits >> 64U))) return false;
    return true;
}

} // namespace

std::uint64_t token_of(char kind, std::string_view value)
{
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t token = static_cast<unsigned char>(kind);
    while (!value.empty()) {
        std::uint64_t word = 0;
        const auto size = std::min(sizeof word, value.size());
        std::memcpy(&word, value.data(), size);
        value.remove_prefix(size);
        token = (token ^ word) * kMultiplier;
        token ^= token >> 32U;
    }
    token *= kMultiplier;
    token ^= token >> 29U;
    return token == 0 ? 1 : token;
}

void TokenSet::insert(std::uint64_t token)
{
    if (2 * (size_ + 1) > slots_.size()) {
        const auto old = std::exchange(slots_, std::vector<std::uint64_t>(std::max(kFirstSlots, 2 * slots_.size())));
        for (const auto known : old)
            if (known != 0) (void)place(known);
    }
    size_ += place(token) ? 1 : 0;
}

bool TokenSet::place(std::uint64_t token)
{
    const auto mask = slots_.size() - 1;
    for (std::size_t slot = token & mask;; slot = (slot + 1) & mask) {
        if (slots_[slot] == token) return false;
        if (slots_[slot] != 0) continue;
        slots_[slot] = token;
        return true;
    }
}

std::string TokenSet::make_filter() const
{
    std::string filter(std::min((size_ * kBitsPerToken + 7) / 8, kMaxFilterBytes), '\0');
    for (const auto token : slots_)
        if (token != 0)
            (void)all_bits(token, filter.size() * 8, [&](std::uint64_t bit) {
                filter[bit / 8] = static_cast<char>(static_cast<unsigned char>(filter[bit / 8]) | 1U << bit % 8);
                return true;
            });
    return filter;
}

bool TokenSet::is_in(std::string_view filter) const
{
    return std::ranges::all_of(slots_, [&](auto token) { return token == 0 || filter_has(filter, token); });
}

bool filter_has(std::string_view filter, std::uint64_t token)
{
    return !filter.empty() && all_bits(token, std::uint64_t{filter.size()} * 8, [&](std::uint64_t bit) {
        return (static_cast<unsigned char>(filter[bit / 8]) >> bit % 8 & 1U) != 0;
    });
}

} // namespace peer_observer::archive
