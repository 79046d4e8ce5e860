// A TCP segment in the bytes of a captured packet: of which connection it is, and what it carries.
#pragma once

#include "libs/base/ip.h"

#include <compare>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace peer_observer::archive_reader {

inline constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

struct Endpoint {
    base::IpBytes ip{};
    std::uint16_t port = 0;

    auto operator<=>(const Endpoint&) const = default;
};

/// As Bitcoin Core prints it.
std::string to_string(const Endpoint& endpoint);

struct Segment {
    Endpoint source;
    Endpoint destination;
    std::uint32_t sequence = 0;
    std::optional<std::uint32_t> acknowledged;
    bool syn = false;
    bool fin = false;
    bool rst = false;
    /// The capture has less of the packet than was sent (tcpdump -s).
    bool is_cut = false;
    std::string_view payload; ///< views the packet
};

enum class NotRead : std::uint8_t {
    other,    ///< not TCP
    fragment, ///< of an IP packet, or behind an extension header that is not known
    damaged,  ///< a header is cut or contradicts itself
};

/// Whether read_segment() knows this DLT_ number of libpcap.
bool is_known_link_type(int link_type);

std::expected<Segment, NotRead> read_segment(int link_type, std::string_view packet);

} // namespace peer_observer::archive_reader
