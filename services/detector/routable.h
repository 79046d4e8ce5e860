// Addresses that no node of the public network can have.
#pragma once

#include "proto/p2p.pb.h"

namespace peer_observer::detector {

/// What Bitcoin Core neither stores nor passes on (wire::why_ignored), and multicast. Not addresses of networks that
/// Core does not know. False for text that is not an address.
bool is_unroutable(const proto::Address& address);

} // namespace peer_observer::detector
