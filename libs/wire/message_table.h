// message_types.def as an array. Internal: users of the library include decode.h.
#pragma once

#include "libs/wire/decoders.h"
#include "proto/p2p.pb.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace peer_observer::wire {

struct MessageType {
    std::string_view name;
    std::uint32_t field; ///< arm of MessagePayload
    Decoder* decode;
    TxDetail least_detail; ///< the least in which there is something of it
};

/// Sorted by name.
inline constexpr auto kMessageTypes = std::to_array<MessageType>({
#define MESSAGE_TYPE(name, arm, decoder, least_detail)                                                                 \
    {#name, proto::MessagePayload::k##arm##FieldNumber, decoder, TxDetail::least_detail},
#include "libs/wire/message_types.def"
});

} // namespace peer_observer::wire
