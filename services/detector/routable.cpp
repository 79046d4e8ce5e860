#include "services/detector/routable.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <arpa/inet.h>

namespace peer_observer::detector {
namespace {

template <std::size_t Size>
struct Range {
    std::array<std::uint8_t, Size> prefix; ///< zero beyond the bits that count
    std::size_t bits;
};

// Bitcoin Core, netaddress.cpp: IsValid, IsRoutable. And multicast, which is no host. 240.0.0.0/4 is routable to Core.
constexpr std::array kIpv4 = {
    Range<4>{{0}, 8},
    Range<4>{{10}, 8},
    Range<4>{{100, 64}, 10},
    Range<4>{{127}, 8},
    Range<4>{{169, 254}, 16},
    Range<4>{{172, 16}, 12},
    Range<4>{{192, 0, 2}, 24},
    Range<4>{{192, 168}, 16},
    Range<4>{{198, 18}, 15},
    Range<4>{{198, 51, 100}, 24},
    Range<4>{{203, 0, 113}, 24},
    Range<4>{{224}, 4},
    Range<4>{{255, 255, 255, 255}, 32},
};
constexpr std::array kIpv6 = {
    Range<16>{{}, 127}, // :: and ::1
    Range<16>{{0x20, 0x01, 0x00, 0x10}, 28},
    Range<16>{{0x20, 0x01, 0x00, 0x20}, 28},
    Range<16>{{0x20, 0x01, 0x0d, 0xb8}, 32},
    Range<16>{{0xfc}, 7},
    Range<16>{{0xfe, 0x80}, 10},
    Range<16>{{0xff}, 8},
};
// How old nodes wrote Tor's addresses of version 2, within fc00::/7.
constexpr Range<16> kOnionCat{{0xfd, 0x87, 0xd8, 0x7e, 0xeb, 0x43}, 48};

template <std::size_t Size>
bool contains(const Range<Size>& range, const std::array<std::uint8_t, Size>& address)
{
    for (std::size_t i = 0; i < Size; ++i) {
        const std::size_t bits = std::min<std::size_t>(8, range.bits - std::min(range.bits, 8 * i));
        if (((address[i] ^ range.prefix[i]) & (0xff00U >> bits) & 0xffU) != 0) return false;
    }
    return true;
}

template <std::size_t Size, std::size_t Count>
bool is_in(const std::array<Range<Size>, Count>& ranges, int family, const std::string& text)
{
    std::array<std::uint8_t, Size> address{};
    if (inet_pton(family, text.c_str(), address.data()) != 1) return false;
    if constexpr (Size == 16)
        if (contains(kOnionCat, address)) return false;
    return std::ranges::any_of(ranges, [&](const auto& range) { return contains(range, address); });
}

} // namespace

bool is_unroutable(const proto::Address& address)
{
    switch (address.network()) {
    case proto::Address::IPV4:
        return is_in(kIpv4, AF_INET, address.address());
    case proto::Address::IPV6:
        return is_in(kIpv6, AF_INET6, address.address());
    default:
        return false;
    }
}

} // namespace peer_observer::detector
