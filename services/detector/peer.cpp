#include "services/detector/peer.h"

#include "libs/app/known_peers.h"
#include "libs/base/host_port.h"
#include "libs/base/ip.h"

#include <fmt/format.h>

#include <charconv>

namespace peer_observer::detector {

Peer make_peer(std::int64_t id, std::string_view address, bool inbound, proto::Network network,
               const asmap::AutonomousSystems* systems)
{
    Peer peer;
    peer.id = id;
    peer.address = address;
    peer.host = base::host_of(address);
    peer.inbound = inbound;
    identify(peer, network, systems);
    return peer;
}

void identify(Peer& peer, proto::Network network, const asmap::AutonomousSystems* systems)
{
    peer.network = network;
    const bool is_known = app::is_own_host(peer.host, peer.inbound, network);
    peer.site = is_known ? site_of(peer.host) : "";
    peer.netgroup = is_known ? netgroup_of(peer.host) : "";
    peer.mapped_as = is_known && systems != nullptr ? systems->find(peer.host) : 0;
    peer.as = as_text(peer.mapped_as);
}

std::string site_of(std::string_view host)
{
    const auto ip = base::parse_ip(host);
    return ip ? base::IpNetwork{*ip, 24, 48}.text() : std::string{host};
}

std::string netgroup_of(std::string_view host)
{
    const auto ip = base::parse_ip(host);
    return ip ? base::netgroup_of(*ip).text() : std::string{host};
}

std::string as_text(std::uint32_t mapped_as) { return mapped_as == 0 ? "" : fmt::format("AS{}", mapped_as); }

std::uint32_t as_number(std::string_view group)
{
    std::uint32_t number = 0;
    if (!group.starts_with("AS")) return 0;
    const auto read = std::from_chars(group.data() + 2, group.data() + group.size(), number);
    return read.ec == std::errc{} && read.ptr == group.data() + group.size() ? number : 0;
}

} // namespace peer_observer::detector
