// One function a payload layout. Internal: users of the library include decode.h.
#pragma once

#include "libs/wire/decode.h"
#include "libs/wire/reader.h"
#include "libs/wire/writer.h"

namespace peer_observer::wire {

/// Reads one payload and writes the fields of its message. Failures stay in the reader; what was written until then
/// is thrown away by decode().
using Decoder = void(Reader& reader, TxDetail detail, Writer& message);

#define MESSAGE_TYPE(name, arm, decoder, least_detail) Decoder decoder;
#include "libs/wire/message_types.def"

} // namespace peer_observer::wire
