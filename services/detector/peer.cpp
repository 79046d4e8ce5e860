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

} // namespace

Peer make_peer(std::int64_t id, std::string_view address, bool inbound, proto::Network network)
{
    Peer peer;
    peer.id = id;
    peer.address = address;
    peer.host = host_of(address);
    peer.inbound = inbound;
    peer.subnet = subnet_of(peer.host, inbound, network);
    return peer;
}

std::string_view host_of(std::string_view address)
{
    if (address.starts_with('[')) return address.substr(1, address.find(']') - 1);
    return address.substr(0, address.rfind(':'));
}

std::string subnet_of(std::string_view host, bool inbound, proto::Network network)
{
    const bool hides = network == proto::ONION || network == proto::I2P;
    if (host == "127.0.0.1" || host == "::1" || (inbound && hides)) return {};
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
