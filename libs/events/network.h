// The network through which a peer is connected, as Bitcoin Core names it.
#pragma once

#include "libs/events/event_view.h"
#include "proto/connection.pb.h"

#include <optional>
#include <string_view>

namespace peer_observer::events {

/// Of an event's field `network`; where its kind has none, that of its peer's address. Nothing where it has neither. An
/// inbound peer from Tor or I2P has a local address: only its connection says through which network it came.
std::optional<proto::Network> network_of(const EventView& event, const PeerView& peer);

/// Of an address with or without its port: UNROUTABLE where no host of the Internet has it. As Bitcoin Core's
/// CNetAddr::GetNetClass(), but for blocks that IANA has reserved, which Core takes for IPV4 or IPV6.
proto::Network network_of_address(std::string_view address);

/// `ipv4`, `onion`; nothing for other text. In lower case.
std::optional<proto::Network> parse_network(std::string_view name);

} // namespace peer_observer::events
