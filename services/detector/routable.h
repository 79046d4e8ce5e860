// Addresses that no node of the public network can have.
#pragma once

#include "proto/p2p.pb.h"

namespace peer_observer::detector {

/// Private, local, documentation or benchmark ranges, which Bitcoin Core neither stores nor passes on, and multicast.
/// Only of IPv4 and IPv6; false for text that is no address.
bool is_unroutable(const proto::Address& address);

} // namespace peer_observer::detector
