// The hashes in a serialized event, wherever they occur: transactions, blocks and what else is marked as a hash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace peer_observer::events {

inline constexpr std::size_t kHashBytes = 32;

/// Calls `visit` with each hash, in wire order: of bytes with the option display = HASH, and of text fields whose names
/// end with `hash` or `txid`, as RPC answers have them in hex. The view is valid during the call. Returns false where a
/// field or its nesting is not known to this build, or is not valid protobuf: there may be more hashes in it.
bool for_each_hash(std::string_view event, const std::function<void(std::string_view)>& visit);

/// Whether events of that kind can have hashes.
bool has_hash_fields(std::uint32_t context, std::uint32_t arm);

/// A hash that somebody looks for.
class WantedHash {
public:
    /// `hex`: 64 digits, as bitcoin-cli shows it. Throws std::invalid_argument for anything else.
    explicit WantedHash(std::string_view hex);

    bool is_in(std::string_view event) const;
    const std::string& bytes() const { return bytes_; } ///< in wire order

private:
    std::string bytes_;
    std::string hex_; ///< in lower case
};

} // namespace peer_observer::events
