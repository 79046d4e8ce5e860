#include "libs/events/network.h"

#include "libs/base/host_port.h"
#include "libs/base/ip.h"

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

#include <algorithm>
#include <cctype>
#include <string>

namespace peer_observer::events {

std::optional<proto::Network> network_of(const EventView& event, const PeerView& peer)
{
    const auto field = peer_field_numbers(event.context, event.arm).network;
    if (field == 0) {
        if (peer.address.empty()) return std::nullopt;
        return network_of_address(peer.address);
    }
    std::int32_t network = proto::UNROUTABLE; // which is not on the wire
    try {
        protozero::pbf_reader content{event.content.data(), event.content.size()};
        while (content.next(field, protozero::pbf_wire_type::varint))
            network = content.get_enum();
    } catch (const protozero::exception&) {
        return std::nullopt;
    }
    return static_cast<proto::Network>(network);
}

proto::Network network_of_address(std::string_view address)
{
    constexpr std::uint8_t kCjdns = 0xFC; // of fc00::/8
    const auto host = base::host_of(address);
    if (host.ends_with(".onion")) return proto::ONION;
    if (host.ends_with(".b32.i2p")) return proto::I2P;
    if (host.ends_with(".internal")) return proto::INTERNAL;
    const auto ip = base::parse_ip(host);
    if (ip && (*ip)[0] == kCjdns) return proto::CJDNS;
    if (!ip || !base::is_global_unicast(*ip)) return proto::UNROUTABLE;
    return base::is_ipv4(*ip) ? proto::IPV4 : proto::IPV6;
}

std::optional<proto::Network> parse_network(std::string_view name)
{
    if (!std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }))
        return std::nullopt;
    std::string upper{name};
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    proto::Network network{};
    if (!proto::Network_Parse(upper, &network)) return std::nullopt;
    return network;
}

} // namespace peer_observer::events
