#include "services/detector/peer.h"

#include "libs/base/host_port.h"
#include "libs/base/ip.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace peer_observer::detector {
namespace {

using base::IpNetwork;

/// Of addresses that any number of hosts have.
bool is_shared(const base::IpBytes& ip)
{
    // RFC 1122 (0/8), 1918, 6598 (carriers' NAT), 3927 and 4862 (link-local), 4193.
    static const auto kShared = [] {
        std::array networks = {"0.0.0.0/8",     "10.0.0.0/8",     "172.16.0.0/12", "192.168.0.0/16",
                               "100.64.0.0/10", "169.254.0.0/16", "fe80::/10",     "fc00::/7"};
        std::vector<IpNetwork> parsed;
        for (const auto* network : networks)
            parsed.push_back(*IpNetwork::parse(network));
        return parsed;
    }();
    return std::ranges::any_of(kShared, [&](const IpNetwork& network) { return network.contains(ip); });
}

} // namespace

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
    const bool hides = peer.inbound && (network == proto::ONION || network == proto::I2P);
    const bool is_known = !hides && !tells_nothing(peer.host, network);
    peer.site = is_known ? site_of(peer.host) : "";
    peer.netgroup = is_known ? netgroup_of(peer.host) : "";
    peer.mapped_as = is_known && systems != nullptr ? systems->find(peer.host) : 0;
    peer.as = as_text(peer.mapped_as);
}

bool tells_nothing(std::string_view host, proto::Network network)
{
    if (host == "127.0.0.1" || host == "::1") return true;
    if (network == proto::CJDNS) return false; // it has addresses of its own in fc00::/8
    const auto ip = base::parse_ip(host);
    return ip && is_shared(*ip);
}

std::string site_of(std::string_view host)
{
    const auto ip = base::parse_ip(host);
    return ip ? IpNetwork{*ip, 24, 48}.text() : std::string{host};
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
