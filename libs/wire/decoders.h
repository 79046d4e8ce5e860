// One function a payload layout. Internal: users of the library include decode.h.
#pragma once

#include "libs/wire/decode.h"
#include "libs/wire/reader.h"
#include "libs/wire/writer.h"

namespace peer_observer::wire {

/// Reads one payload and writes the fields of its message. Failures stay in the reader; what was written until then
/// is thrown away by decode().
using Decoder = void(Reader& reader, TxDetail detail, Writer& message);

// session.cpp
Decoder decode_empty;
Decoder decode_version;
Decoder decode_ping;
Decoder decode_pong;
Decoder decode_feefilter;
Decoder decode_sendcmpct;
Decoder decode_sendtxrcncl;
Decoder decode_feature;
Decoder decode_reject;
Decoder decode_alert;

// addresses.cpp
Decoder decode_addr;
Decoder decode_addrv2;

// inventory.cpp
Decoder decode_inventory;
Decoder decode_notfound;
Decoder decode_block_locator;

// transaction.cpp
Decoder decode_tx;

// blocks.cpp
Decoder decode_headers;
Decoder decode_block;
Decoder decode_merkleblock;

// compact_blocks.cpp
Decoder decode_cmpctblock;
Decoder decode_getblocktxn;
Decoder decode_blocktxn;

// filters.cpp
Decoder decode_filterload;
Decoder decode_filteradd;
Decoder decode_getcfilters;
Decoder decode_cfilter;
Decoder decode_cfheaders;
Decoder decode_getcfcheckpt;
Decoder decode_cfcheckpt;

} // namespace peer_observer::wire
