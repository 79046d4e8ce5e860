#include "services/detector/routable.h"

#include <array>

#include <arpa/inet.h>

#include "libs/wire/ignored_address.h"

namespace peer_observer::detector {
namespace {

/// To Bitcoin Core multicast is routable, but it is no host.
bool is_multicast(const proto::Address& address)
{
    std::array<unsigned char, 16> bytes{};
    if (address.network() == proto::Address::IPV4)
        return inet_pton(AF_INET, address.address().c_str(), bytes.data()) == 1 && (bytes[0] & 0xf0U) == 0xe0;
    if (address.network() == proto::Address::IPV6)
        return inet_pton(AF_INET6, address.address().c_str(), bytes.data()) == 1 && bytes[0] == 0xff;
    return false;
}

} // namespace

bool is_unroutable(const proto::Address& address)
{
    const auto ignored = wire::why_ignored(address);
    // Of a network that is newer than we are, or older: nodes before 0.22 pass on Tor's addresses of version 2.
    if (ignored == proto::Address::UNKNOWN_NETWORK) return false;
    return ignored.has_value() || is_multicast(address);
}

} // namespace peer_observer::detector
