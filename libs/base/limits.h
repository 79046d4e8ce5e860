// How large a peer's message, an event and a frame of the bus may be. One chain: each limit follows from those above
// it.
#pragma once

#include <cstddef>

namespace peer_observer::base {

/// Bitcoin Core's MAX_PROTOCOL_MESSAGE_LENGTH (net.h): a node disconnects a peer that announces a larger payload.
inline constexpr std::size_t kMaxPayloadBytes = 4'000'000;

/// A batch leaves when it has reached this size.
inline constexpr std::size_t kBatchBytes = std::size_t{256} << 10U;

/// A frame of the bus: a subscriber hangs up on a publisher that announces more. With an event of the largest size in
/// it there is still room for what had been gathered before that event.
inline constexpr std::size_t kMaxFrameBytes = std::size_t{16} << 20U;

/// A serialized Event. Twice a batch is left for the batch's rest and envelope.
inline constexpr std::size_t kMaxEventBytes = kMaxFrameBytes - 2 * kBatchBytes;

/// What a payload may take in an event, decoded and raw together. The rest is for the other fields of a message: text
/// and numbers of less than 1 KiB.
inline constexpr std::size_t kMaxDecodedBytes = kMaxEventBytes - (std::size_t{4} << 10U);

// Payloads of this size grow to less than four times it, raw transactions included (LargestEvent in libs/wire), so only
// what --raw-payloads all adds may have to be cut.
static_assert(kMaxDecodedBytes >= 4 * kMaxPayloadBytes);

} // namespace peer_observer::base
