// The wire format of nng's PUB/SUB protocol, as its TCP, TLS and ipc transports have it.
// https://nanomsg.org/sp-tcp-mapping-01.html describes TCP; ipc puts one more byte before each message.
#pragma once

#include "libs/bus/endpoint.h"

#include <nng/nng.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace peer_observer::bus::sp {

/// Both ends start with a greeting: zero, "SP", version 0, their protocol in two bytes, two reserved bytes.
using Greeting = std::array<std::uint8_t, 8>;
inline constexpr Greeting kPubGreeting = {0, 'S', 'P', 0, 0, 32, 0, 0};
inline constexpr Greeting kSubGreeting = {0, 'S', 'P', 0, 0, 33, 0, 0};
/// A peer that has not sent its greeting by then is not one.
inline constexpr nng_duration kGreetingMs = 10'000;

/// What stands before a message: its size in eight bytes, the highest first; before that, on ipc, the byte 1.
struct Head {
    std::array<std::uint8_t, 9> bytes{};
    std::size_t size = 0;
};

inline std::size_t head_size(Endpoint::Transport transport) { return transport == Endpoint::Transport::ipc ? 9 : 8; }

inline Head make_head(Endpoint::Transport transport, std::uint64_t message_bytes)
{
    Head head{.bytes = {1}, .size = head_size(transport) - 8};
    for (unsigned shift = 64; shift > 0; shift -= 8) {
        head.bytes[head.size++] = static_cast<std::uint8_t>(message_bytes >> (shift - 8));
    }
    return head;
}

/// The size of the message; nothing if this is not a head.
inline std::optional<std::uint64_t> read_head(const Head& head)
{
    if (head.size == 9 && head.bytes[0] != 1) return std::nullopt;
    std::uint64_t message_bytes = 0;
    for (std::size_t i = head.size - 8; i < head.size; ++i)
        message_bytes = message_bytes << 8U | head.bytes[i];
    return message_bytes;
}

} // namespace peer_observer::bus::sp
