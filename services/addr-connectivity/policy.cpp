#include "services/addr-connectivity/policy.h"

#include "libs/wire/ignored_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string>

namespace peer_observer::addr_connectivity {
namespace {

std::optional<unsigned> parse_number(std::string_view digits, unsigned most)
{
    unsigned number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size() || number > most) return std::nullopt;
    return number;
}

bool contain(const std::vector<base::IpNetwork>& ranges, const base::IpBytes& ip)
{
    return std::ranges::any_of(ranges, [&](const base::IpNetwork& range) { return range.contains(ip); });
}

/// Less than what Core may take over: this program does not dial special ranges either.
bool is_routable(const Address& address, const base::IpBytes& ip)
{
    if (wire::why_ignored(to_proto(address))) return false;
    return address.network == Network::cjdns || base::is_global_unicast(ip);
}

} // namespace

std::optional<NotChecked> Policy::refusal(const Address& address) const
{
    if (!options_.networks.at(index(address.network))) return proto::AnnouncerReachability::NETWORK_OFF;
    if (const auto ip = ip_of(address)) {
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
