// A TCP connection to an address of this machine's.
#pragma once

#include "libs/base/host_port.h"

namespace peer_observer::telemetry {

/// A connected socket, which the caller closes; -1 if nobody listens there.
int connect_to(const base::HostPort& address);

} // namespace peer_observer::telemetry
