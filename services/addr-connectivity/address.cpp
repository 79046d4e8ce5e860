#include "services/addr-connectivity/address.h"

#include "libs/base/host_port.h"
#include "services/addr-connectivity/base32.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

namespace peer_observer::addr_connectivity {
namespace {

constexpr std::string_view kOnionSuffix = ".onion";
constexpr std::string_view kI2pSuffix = ".b32.i2p";
constexpr std::size_t kI2pBytes = 32;

/// The bytes of the name that base32 says: all of them if it is of Tor.
std::span<std::uint8_t> name_bytes(Address& address)
{
    return std::span{address.bytes}.first(address.network == Network::i2p ? kI2pBytes : address.bytes.size());
}

std::optional<Address> named_address(Network network, std::string_view text, std::uint16_t port)
{
    const auto suffix = network == Network::onion ? kOnionSuffix : kI2pSuffix;
    Address address{.network = network, .bytes = {}, .port = port};
    if (!text.ends_with(suffix)) return std::nullopt;
    text.remove_suffix(suffix.size());
    return from_base32(text, name_bytes(address)) ? std::optional{address} : std::nullopt;
}

/// fc00::/8 belongs to CJDNS only where the announcement says so: an IPv6 address there is a private one.
std::optional<Address> ip_address(Network network, std::string_view text, std::uint16_t port)
{
    const auto ip = base::parse_ip(text);
    if (!ip || base::is_ipv4(*ip) != (network == Network::ipv4)) return std::nullopt;
    if (network == Network::cjdns && (*ip)[0] != 0xfc) return std::nullopt;
    Address address{.network = network, .bytes = {}, .port = port};
    std::ranges::copy(*ip, address.bytes.begin());
    return address;
}

/// A customer's share of an IPv6 network; of IPv4 an address.
std::string host_network(const base::IpBytes& ip)
{
    return base::is_ipv4(ip) ? base::ip_text(ip) : base::IpNetwork{ip, 32, 64}.text();
}

} // namespace

std::optional<base::IpBytes> ip_of(const Address& address)
{
    if (address.network == Network::onion || address.network == Network::i2p) return std::nullopt;
    base::IpBytes ip{};
    std::copy_n(address.bytes.begin(), ip.size(), ip.begin());
    return ip;
}

std::string host_text(const Address& address)
{
    if (const auto ip = ip_of(address)) return base::ip_text(*ip);
    auto name = address;
    return to_base32(name_bytes(name)).append(address.network == Network::i2p ? kI2pSuffix : kOnionSuffix);
}

std::optional<Address> to_address(const proto::Address& announced)
{
    if (announced.port() > 0xffff) return std::nullopt;
    const auto port = static_cast<std::uint16_t>(announced.port());
    switch (announced.network()) {
    case proto::Address::IPV4:
        return ip_address(Network::ipv4, announced.address(), port);
    case proto::Address::IPV6:
        return ip_address(Network::ipv6, announced.address(), port);
    case proto::Address::CJDNS:
        return ip_address(Network::cjdns, announced.address(), port);
    case proto::Address::TORV3:
        return named_address(Network::onion, announced.address(), port);
    case proto::Address::I2P:
        return named_address(Network::i2p, announced.address(), port);
    default:
        return std::nullopt;
    }
}

std::optional<Address> to_address(std::string_view ip, std::uint16_t port)
{
    if (auto ipv4 = ip_address(Network::ipv4, ip, port)) return ipv4;
    return ip_address(Network::ipv6, ip, port);
}

proto::Address to_proto(const Address& address)
{
    static constexpr std::array kNetworks = {proto::Address::IPV4, proto::Address::IPV6, proto::Address::TORV3,
                                             proto::Address::I2P, proto::Address::CJDNS};
    proto::Address out;
    out.set_network(kNetworks.at(index(address.network)));
    out.set_address(host_text(address));
    out.set_port(address.port);
    return out;
}

std::string to_string(const Address& address) { return base::to_string({host_text(address), address.port}); }

std::optional<Address> parse_address(std::string_view text)
{
    const auto host = base::host_of(text);
    const auto digits = text.substr(std::min(text.size(), text.rfind(':') + 1));
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (host.size() == text.size() || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    if (auto name = named_address(Network::onion, host, port)) return name;
    if (auto name = named_address(Network::i2p, host, port)) return name;
    if (auto cjdns = ip_address(Network::cjdns, host, port)) return cjdns;
    return to_address(host, port);
}

std::string host_key(const Address& address)
{
    const auto ip = ip_of(address);
    return ip && address.network == Network::ipv6 ? host_network(*ip) : host_text(address);
}

std::string netgroup_key(const Address& address)
{
    const auto ip = ip_of(address);
    return ip ? base::netgroup_of(*ip).text() : "";
}

std::uint32_t mapped_as(const Address& address, const asmap::AutonomousSystems* systems)
{
    const auto ip = ip_of(address);
    return ip && systems != nullptr ? systems->find(*ip) : 0;
}

std::string announcer_key(std::string_view peer_address)
{
    const auto host = base::host_of(peer_address);
    const auto ip = base::parse_ip(host);
    return ip && !base::is_ipv4(*ip) && (*ip)[0] != 0xfc ? host_network(*ip) : std::string{host};
}

} // namespace peer_observer::addr_connectivity
