#include "libs/wire/ignored_address.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace peer_observer::wire {
namespace {

using proto::Address;

/// The leading bits that all addresses of a range have.
template <typename Number>
struct Range {
    Number prefix;
    unsigned bits;

    constexpr bool contains(Number address) const { return (address ^ prefix) >> (8 * sizeof(Number) - bits) == 0; }
};

// CNetAddr::IsRoutable (netaddress.cpp), by the function that it asks.
constexpr std::array kNotRoutableIpv4 = {
    Range<std::uint32_t>{0x0a000000, 8},  // IsRFC1918: private
    Range<std::uint32_t>{0xac100000, 12}, // IsRFC1918
    Range<std::uint32_t>{0xc0a80000, 16}, // IsRFC1918
    Range<std::uint32_t>{0xc6120000, 15}, // IsRFC2544: benchmarks
    Range<std::uint32_t>{0xa9fe0000, 16}, // IsRFC3927: link-local
    Range<std::uint32_t>{0x64400000, 10}, // IsRFC6598: shared address space
    Range<std::uint32_t>{0xc0000200, 24}, // IsRFC5737: documentation
    Range<std::uint32_t>{0xc6336400, 24}, // IsRFC5737
    Range<std::uint32_t>{0xcb007100, 24}, // IsRFC5737
    Range<std::uint32_t>{0x00000000, 8},  // IsLocal
    Range<std::uint32_t>{0x7f000000, 8},  // IsLocal
};
constexpr std::array kNotRoutableIpv6 = {
    Range<std::uint64_t>{0xfe80'0000'0000'0000, 64}, // IsRFC4862: link-local; Core has 64 bits, the RFC ten
    Range<std::uint64_t>{0xfc00'0000'0000'0000, 7},  // IsRFC4193: unique local; without BIP155 also CJDNS
    Range<std::uint64_t>{0x2001'0010'0000'0000, 28}, // IsRFC4843: ORCHID
    Range<std::uint64_t>{0x2001'0020'0000'0000, 28}, // IsRFC7343: ORCHIDv2
};
constexpr Range<std::uint64_t> kDocumentationIpv6{0x2001'0db8'0000'0000, 32}; // IsRFC3849, of IsValid
constexpr Range<std::uint64_t> kOnionCat{0xfd87'd87e'eb43'0000, 48};          // TORV2_IN_IPV6_PREFIX
constexpr Range<std::uint64_t> kInternal{0xfd6b'88c0'8724'0000, 48};          // INTERNAL_IN_IPV6_PREFIX
constexpr std::uint64_t kMappedIpv4 = 0xffff;                                 // IPV4_IN_IPV6_PREFIX, bits 64 to 95

template <typename Number>
Number big_endian(std::string_view bytes)
{
    Number value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i)
        value = static_cast<Number>(value << 8U | static_cast<std::uint8_t>(bytes[i]));
    return value;
}

std::optional<Address::Ignored> why_ipv4(std::uint32_t address)
{
    if (address == INADDR_ANY || address == INADDR_NONE) return Address::INVALID;
    for (const auto& range : kNotRoutableIpv4)
        if (range.contains(address)) return Address::NOT_ROUTABLE;
    return std::nullopt;
}

std::optional<Address::Ignored> why_ipv6(std::uint64_t high, std::uint64_t low)
{
    constexpr std::uint64_t kLoopback = 1; // IsLocal
    if (high == 0) {
        if (low >> 32U == kMappedIpv4) return Address::EMBEDDED;
        if (low == 0) return Address::INVALID;
        if (low == kLoopback) return Address::NOT_ROUTABLE;
        return std::nullopt;
    }
    if (kOnionCat.contains(high)) return Address::EMBEDDED;
    if (kInternal.contains(high)) return Address::INTERNAL;
    if (kDocumentationIpv6.contains(high)) return Address::INVALID;
    for (const auto& range : kNotRoutableIpv6)
        if (range.contains(high)) return Address::NOT_ROUTABLE;
    return std::nullopt;
}

std::string_view bytes_of(const base::IpBytes& ip) { return {reinterpret_cast<const char*>(ip.data()), ip.size()}; }

std::optional<Address::Ignored> why_text_is_ignored(Address::Network network, const std::string& text)
{
    const auto ip = base::parse_ip(text);
    if (!ip || (network == Address::IPV4 && !base::is_ipv4(*ip))) return std::nullopt;
    return network == Address::IPV4 ? why_ignored(*ip) : why_ignored(network, bytes_of(*ip));
}

} // namespace

std::optional<Address::Ignored> why_ignored(Address::Network network, std::string_view bytes)
{
    constexpr char kCjdnsPrefix = '\xfc'; // CNetAddr::HasCJDNSPrefix, of IsValid
    switch (network) {
    case Address::IPV4:
        return why_ipv4(big_endian<std::uint32_t>(bytes));
    case Address::IPV6:
        return why_ipv6(big_endian<std::uint64_t>(bytes), big_endian<std::uint64_t>(bytes.substr(8)));
    case Address::CJDNS:
        if (bytes.front() != kCjdnsPrefix) return Address::INVALID;
        return std::nullopt;
    case Address::TORV3:
    case Address::I2P:
        return std::nullopt;
    default:
        return Address::UNKNOWN_NETWORK;
    }
}

std::optional<Address::Ignored> why_ignored(const base::IpBytes& ip)
{
    constexpr std::size_t kMappedPrefix = 12;
    return base::is_ipv4(ip) ? why_ignored(Address::IPV4, bytes_of(ip).substr(kMappedPrefix))
                             : why_ignored(Address::IPV6, bytes_of(ip));
}

std::optional<Address::Ignored> why_ignored(const Address& address)
{
    if (address.has_ignored()) return address.ignored();
    switch (address.network()) {
    case Address::IPV4:
    case Address::IPV6:
    case Address::CJDNS:
        return why_text_is_ignored(address.network(), address.address());
    case Address::TORV3:
    case Address::I2P:
        return std::nullopt;
    case Address::UNKNOWN:
        return why_unknown_is_ignored(address.unknown_network_id());
    default:
        return Address::UNKNOWN_NETWORK;
    }
}

Address::Ignored why_unknown_is_ignored(std::uint32_t bip155_id)
{
    // CNetAddr::SetNetFromBIP155Network throws for these, and passes over all others, TorV2 (3) among them.
    constexpr std::array<std::uint32_t, 5> kKnownToCore = {1, 2, 4, 5, 6};
    return std::ranges::find(kKnownToCore, bip155_id) != kKnownToCore.end() ? Address::WRONG_LENGTH
                                                                            : Address::UNKNOWN_NETWORK;
}

} // namespace peer_observer::wire
