// Addresses of nodes, as the messages version, addr and addrv2 hold them. Internal.
#pragma once

#include "libs/wire/reader.h"
#include "libs/wire/writer.h"

#include <cstdint>

namespace peer_observer::wire {

/// Reads services, 16 bytes of address and the port, and writes them as a proto::Address into `field`.
void copy_legacy_address(Reader& reader, Writer& parent, std::uint32_t field);

} // namespace peer_observer::wire
