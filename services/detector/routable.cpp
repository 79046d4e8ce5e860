#include "services/detector/routable.h"

#include "libs/base/ip.h"
#include "libs/wire/ignored_address.h"

namespace peer_observer::detector {
namespace {

/// To Bitcoin Core multicast is routable, but it is not a host.
bool is_multicast(const proto::Address& address)
{
    const auto ip = base::parse_ip(address.address());
    return ip && base::is_multicast(*ip);
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
