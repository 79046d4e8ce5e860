// Which addresses Bitcoin Core drops instead of taking them over, by its own rules. The one place that knows them.
#pragma once

#include "libs/base/ip.h"
#include "proto/p2p.pb.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace peer_observer::wire {

/// Why Core does not take an address of `addr` or `addrv2` over into its address manager; nothing where it may. It goes
/// by the address alone: not by its time, services and port, nor by -onlynet. `bytes` has the length that the network's
/// addresses have. An IPv6 address in a range that the old format gives to IPv4 or Tor was not sent in that format.
std::optional<proto::Address::Ignored> why_ignored(proto::Address::Network network, std::string_view bytes);

/// The same for an address of IPv4 or IPv6. (One in fc00::/8 is not CJDNS here.)
std::optional<proto::Address::Ignored> why_ignored(const base::IpBytes& ip);

/// The same for a decoded address, also one that was decoded before Address.ignored existed.
std::optional<proto::Address::Ignored> why_ignored(const proto::Address& address);

/// The same for an address of a network (BIP155) that is not known, or of a length that is wrong for it.
proto::Address::Ignored why_unknown_is_ignored(std::uint32_t bip155_id);

} // namespace peer_observer::wire
