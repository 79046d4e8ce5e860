#include "services/detector/peer.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include <arpa/inet.h>

namespace peer_observer::detector {
namespace {

/// The first `kept` bytes of an address as text, the others 0. Empty if `host` is no such address.
template <std::size_t Size>
std::string masked(int family, const char* host, std::size_t kept, std::string_view suffix)
{
    std::array<unsigned char, Size> bytes{};
    if (inet_pton(family, host, bytes.data()) != 1) return {};
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(kept), bytes.end(), 0);
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(family, bytes.data(), text.data(), text.size());
    return std::string{text.data()}.append(suffix);
}

bool is_private(const in_addr& address)
{
    struct Range {
        std::uint32_t first;
        unsigned bits;
    };
    // 0/8, RFC 1918, RFC 6598 (carriers' NAT), RFC 3927 (link-local).
    static constexpr auto kRanges = std::to_array<Range>(
        {{0x00000000, 8}, {0x0a000000, 8}, {0xac100000, 12}, {0xc0a80000, 16}, {0x64400000, 10}, {0xa9fe0000, 16}});
    const std::uint32_t bytes = ntohl(address.s_addr);
    return std::ranges::any_of(kRanges,
                               [&](const Range& range) { return (bytes ^ range.first) >> (32 - range.bits) == 0; });
}

/// RFC 4193 and link-local.
bool is_private(const in6_addr& address)
{
    return (address.s6_addr[0] & 0xfeU) == 0xfc || (address.s6_addr[0] == 0xfe && (address.s6_addr[1] & 0xc0U) == 0x80);
}

} // namespace

Peer make_peer(std::int64_t id, std::string_view address, bool inbound, proto::Network network)
{
    Peer peer;
    peer.id = id;
    peer.address = address;
    peer.host = host_of(address);
    peer.inbound = inbound;
    identify(peer, network);
    return peer;
}

void identify(Peer& peer, proto::Network network)
{
    const bool hides = peer.inbound && (network == proto::ONION || network == proto::I2P);
    const bool is_known = !hides && !tells_nothing(peer.host, network);
    peer.subnet = is_known ? subnet_of(peer.host) : "";
    peer.netgroup = is_known ? netgroup_of(peer.host) : "";
}

std::string_view host_of(std::string_view address)
{
    if (address.starts_with('[')) return address.substr(1, address.find(']') - 1);
    return address.substr(0, address.rfind(':'));
}

bool tells_nothing(std::string_view host, proto::Network network)
{
    if (host == "127.0.0.1" || host == "::1") return true;
    const std::string text{host};
    if (in_addr ipv4{}; inet_pton(AF_INET, text.c_str(), &ipv4) == 1) return is_private(ipv4);
    in6_addr ipv6{};
    // CJDNS has addresses of its own in fc00::/8.
    return network != proto::CJDNS && inet_pton(AF_INET6, text.c_str(), &ipv6) == 1 && is_private(ipv6);
}

std::string subnet_of(std::string_view host)
{
    std::string text{host};
    if (auto subnet = masked<4>(AF_INET, text.c_str(), 3, "/24"); !subnet.empty()) return subnet;
    if (auto subnet = masked<16>(AF_INET6, text.c_str(), 6, "/48"); !subnet.empty()) return subnet;
    return text;
}

std::string netgroup_of(std::string_view host)
{
    std::string text{host};
    if (auto group = masked<4>(AF_INET, text.c_str(), 2, "/16"); !group.empty()) return group;
    if (auto group = masked<16>(AF_INET6, text.c_str(), 4, "/32"); !group.empty()) return group;
    return text;
}

} // namespace peer_observer::detector
