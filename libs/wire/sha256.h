// SHA-256, and Bitcoin's hash of a transaction or a block header.
#pragma once

#include <array>
#include <initializer_list>
#include <string_view>

namespace peer_observer::wire {

using Hash = std::array<char, 32>;

inline std::string_view view(const Hash& hash) { return {hash.data(), hash.size()}; }

Hash sha256(std::string_view bytes);

/// SHA-256 of the SHA-256 of the parts put together.
Hash double_sha256(std::initializer_list<std::string_view> parts);

} // namespace peer_observer::wire
