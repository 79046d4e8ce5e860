// Bloom filters of what is in a frame: docs/archive-format.md says how they are made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::archive {

/// A value as 64 bits. `kind` keeps values of different sets apart.
std::uint64_t token_of(char kind, std::string_view value);

/// Different tokens, in no order.
class TokenSet {
public:
    void insert(std::uint64_t token);
    std::size_t size() const { return size_; }

    /// A filter of all tokens, by kBitsPerToken and at most kMaxFilterBytes; empty for none.
    std::string make_filter() const;
    /// Whether `filter` has all tokens.
    bool is_in(std::string_view filter) const;

private:
    bool place(std::uint64_t token);

    std::vector<std::uint64_t> slots_; ///< a power of two; 0 = free
    std::size_t size_ = 0;
};

/// With so many bits a token that is not in a filter is found in 3 of 1000.
inline constexpr std::size_t kBitsPerToken = 12;
inline constexpr std::uint64_t kBitsSetPerToken = 8;
/// 349,525 tokens; more make more false positives. A frame of 4 MiB has 123,000 hashes at most.
inline constexpr std::size_t kMaxFilterBytes = std::size_t{512} << 10U;

/// False: it was not put into the filter. True: it was, or is a false positive.
bool filter_has(std::string_view filter, std::uint64_t token);

} // namespace peer_observer::archive
