// A block header inside a payload. Internal.
#pragma once

#include "libs/wire/reader.h"
#include "libs/wire/writer.h"

#include <cstddef>
#include <cstdint>

namespace peer_observer::wire {

inline constexpr std::size_t kBlockHeaderSize = 80;

/// Reads a header and writes it, with its hash, as a proto::BlockHeader into `field`.
void copy_block_header(Reader& reader, Writer& parent, std::uint32_t field);

} // namespace peer_observer::wire
