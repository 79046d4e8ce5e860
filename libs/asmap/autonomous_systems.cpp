#include "libs/asmap/autonomous_systems.h"

#include "libs/base/regular_file.h"
#include "libs/wire/ignored_address.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <stdexcept>

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <fmt/format.h>

namespace peer_observer::asmap {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kMaxNamesBytes = std::size_t{64} << 20U;

bool starts_with(const Ipv6Bytes& bytes, std::initializer_list<std::uint8_t> prefix)
{
    return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

/// CNetAddr::GetLinkedIPv4 (netaddress.cpp), but for mapped addresses.
std::optional<ip::address_v4> linked_ipv4(const Ipv6Bytes& bytes)
{
    const auto at = [&](std::size_t i) { return ip::address_v4{{bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]}}; };
    if (starts_with(bytes, {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0})) return at(12);    // IsRFC6145: SIIT
    if (starts_with(bytes, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return at(12); // IsRFC6052: NAT64
    if (starts_with(bytes, {0x20, 0x02})) return at(2);                                   // IsRFC3964: 6to4
    if (starts_with(bytes, {0x20, 0x01, 0, 0})) return ip::address_v4{~at(12).to_uint()}; // IsRFC4380: Teredo
    return std::nullopt;
}

template <typename Bytes>
bool is_routable(proto::Address::Network network, const Bytes& bytes)
{
    return !wire::why_ignored(network, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Ipv6Bytes mapped(const ip::address_v4& address) { return ip::make_address_v6(ip::v4_mapped, address).to_bytes(); }

std::string read(const std::string& path, std::size_t most)
{
    auto text = base::read_regular_file(path, most);
    if (!text) throw std::runtime_error(fmt::format("cannot read {}: {}", path, text.error().reason));
    return *std::move(text);
}

} // namespace

std::uint32_t find_as(const Asmap& asmap, const ip::address& address)
{
    if (address.is_v6() && !address.to_v6().is_v4_mapped()) {
        const auto bytes = address.to_v6().to_bytes();
        if (!is_routable(proto::Address::IPV6, bytes)) return 0;
        const auto linked = linked_ipv4(bytes);
        return asmap.find(linked ? mapped(*linked) : bytes);
    }
    const auto v4 = address.is_v4() ? address.to_v4() : ip::make_address_v4(ip::v4_mapped, address.to_v6());
    return is_routable(proto::Address::IPV4, v4.to_bytes()) ? asmap.find(mapped(v4)) : 0;
}

AutonomousSystems::AutonomousSystems(std::string asmap_file, std::string names_file)
    : asmap_file_{std::move(asmap_file)}, names_file_{std::move(names_file)}
{
    reload();
}

void AutonomousSystems::reload()
{
    auto asmap = Asmap::parse(read(asmap_file_, kMaxFileBytes));
    if (!asmap) throw std::runtime_error(fmt::format("{} is no asmap: {}", asmap_file_, asmap.error()));
    Names names = names_file_.empty() ? Names{} : Names{read(names_file_, kMaxNamesBytes)};
    asmap_ = *std::move(asmap);
    names_ = std::move(names);
}

std::uint32_t AutonomousSystems::find(std::string_view host) const
{
    boost::system::error_code error;
    const auto address = ip::make_address(std::string{host}, error);
    return error ? 0 : find(address);
}

} // namespace peer_observer::asmap
