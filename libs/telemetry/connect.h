// A TCP connection to an address of this machine's.
#pragma once

#include "libs/telemetry/address.h"

namespace peer_observer::telemetry {

/// A connected socket, which the caller closes; -1 if nobody listens there.
int connect_to(const Address& address);

} // namespace peer_observer::telemetry
