#include "services/addr-connectivity/policy.h"

#include "libs/wire/ignored_address.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

namespace peer_observer::addr_connectivity {
namespace {

std::optional<unsigned> parse_number(std::string_view digits, unsigned most)
{
    unsigned number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size() || number > most) return std::nullopt;
    return number;
}

/// What Core may take over and this program still does not dial: IANA's special-purpose registries, multicast,
/// reserved.
const std::vector<Cidr>& special_ranges()
{
    static const std::vector<Cidr> kRanges = [] {
        std::vector<Cidr> ranges;
        for (const auto* text : {"192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
                                 "192.175.48.0/24", "224.0.0.0/4", "240.0.0.0/4",
                                 // Of 2000::/3. The first and the second can hold any IPv4 address.
                                 "2001::/23", "2002::/16", "2620:4f:8000::/48", "3fff::/20"})
            ranges.emplace_back(text);
        return ranges;
    }();
    return kRanges;
}

bool contain(const std::vector<Cidr>& ranges, const IpBytes& ip)
{
    return std::ranges::any_of(ranges, [&](const Cidr& range) { return range.contains(ip); });
}

bool is_routable(const Address& address, const IpBytes& ip)
{
    static const Cidr kGlobalUnicast{"2000::/3"};
    if (wire::why_ignored(to_proto(address))) return false;
    if (address.network == Network::cjdns) return true;
    if (address.network == Network::ipv6 && !kGlobalUnicast.contains(ip)) return false;
    return !contain(special_ranges(), ip);
}

} // namespace

Cidr::Cidr(std::string_view text)
{
    const auto slash = text.find('/');
    const auto ip = parse_ip(text.substr(0, slash));
    if (!ip) throw std::invalid_argument{fmt::format("'{}' is not an address or ADDRESS/BITS", text)};
    ip_ = *ip;
    if (slash == std::string_view::npos) return;
    const bool ipv4 = text.find(':') == std::string_view::npos;
    const auto bits = parse_number(text.substr(slash + 1), ipv4 ? 32 : 128);
    if (!bits) throw std::invalid_argument{fmt::format("'{}' is not an address or ADDRESS/BITS", text)};
    bits_ = ipv4 ? *bits + 96 : *bits;
}

bool Cidr::contains(const IpBytes& ip) const
{
    const std::size_t whole = bits_ / 8;
    if (!std::equal(ip.begin(), ip.begin() + static_cast<std::ptrdiff_t>(whole), ip_.begin())) return false;
    const unsigned rest = bits_ % 8;
    return rest == 0 || (ip.at(whole) >> (8 - rest)) == (ip_.at(whole) >> (8 - rest));
}

std::optional<NotChecked> Policy::refusal(const Address& address) const
{
    if (!options_.networks.at(index(address.network))) return proto::AnnouncerReachability::NETWORK_OFF;
    if (const auto ip = parse_ip(address.host)) {
        if (contain(options_.denied, *ip)) return proto::AnnouncerReachability::NOT_ROUTABLE;
        if (!is_routable(address, *ip) && !contain(options_.allowed, *ip))
            return proto::AnnouncerReachability::NOT_ROUTABLE;
    }
    // I2P has no ports: Core announces 0.
    if (address.network == Network::i2p && address.port == 0) return std::nullopt;
    if (address.port == 0 || options_.denied_ports[address.port]) return proto::AnnouncerReachability::PORT_DENIED;
    return std::nullopt;
}

void set_ports(std::bitset<0x10000>& ports, std::string_view text, bool value)
{
    const auto dash = text.find('-');
    const auto first = parse_number(text.substr(0, dash), 0xffff);
    const auto last = dash == std::string_view::npos ? first : parse_number(text.substr(dash + 1), 0xffff);
    if (!first || !last || *last < *first)
        throw std::invalid_argument{fmt::format("'{}' is not a port or FIRST-LAST", text)};
    for (std::size_t port = *first; port <= *last; ++port)
        ports.set(port, value);
}

std::bitset<0x10000> default_denied_ports()
{
    std::bitset<0x10000> ports;
    set_ports(ports, "0-1023", true);
    // Databases, caches, file and desktop sharing, remote administration, telephony, chat, printers, proxies.
    for (const auto port :
         {1080, 1194, 1433, 1434,  1521,  1719,  1720,  1723,  1883,  2049,  2082,  2083, 2086, 2087, 2181,
          2222, 2375, 2376, 2379,  2380,  3128,  3260,  3306,  3389,  3659,  4045,  4190, 4369, 5000, 5038,
          5060, 5061, 5222, 5269,  5432,  5555,  5672,  5900,  5901,  5938,  5984,  5985, 5986, 6000, 6379,
          6566, 6665, 6666, 6667,  6668,  6669,  6697,  7001,  7547,  8000,  8008,  8080, 8081, 8086, 8291,
          8443, 8728, 8888, 9000,  9001,  9030,  9042,  9050,  9051,  9090,  9092,  9100, 9200, 9300, 9418,
          9443, 9993, 9999, 10000, 10080, 10250, 11211, 15672, 25565, 27017, 27018, 50000})
        ports.set(static_cast<std::size_t>(port));
    return ports;
}

} // namespace peer_observer::addr_connectivity
