// Messages of the v1 transport, as a peer sends them.
#pragma once

#include "libs/base/little_endian.h"
#include "libs/p2p/chain.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace peer_observer::p2p {

inline constexpr std::int32_t kProtocolVersion = 70016;
/// Magic, message type, size of the payload, checksum.
inline constexpr std::size_t kHeaderBytes = 24;
inline constexpr std::size_t kTypeBytes = 12;
inline constexpr std::size_t kTypeOffset = sizeof(Magic);
inline constexpr std::size_t kSizeOffset = kTypeOffset + kTypeBytes;
inline constexpr std::size_t kChecksumOffset = kSizeOffset + 4;

using base::append;

void append_compact_size(std::string& out, std::size_t size);

/// Header and payload. `type`: at most 12 bytes.
std::string message(const Magic& magic, std::string_view type, std::string_view payload);

struct Greeting {
    Magic magic{};
    std::string user_agent;  ///< at most 256 bytes
    std::int64_t time_s = 0; ///< UNIX time
    std::uint64_t nonce = 0;
    bool relay = false; ///< whether transactions are to be announced
};

/// A version message that tells nothing about us or whom we think to talk to: both addresses are empty.
std::string version_message(const Greeting& greeting);

/// Its payload.
std::string version_payload(const Greeting& greeting);

/// Bytes 20 to 23 of a message: the beginning of the hash of its payload.
std::string checksum(std::string_view payload);

/// Whether the message type in the 12 bytes of a header has NULs at its end only, as CMessageHeader::
/// IsMessageTypeValid() in Core's protocol.cpp wants it.
bool is_padded(std::string_view type);
/// The same, and that the rest is printable: all that IsMessageTypeValid() wants.
bool is_message_type(std::string_view type);

} // namespace peer_observer::p2p
