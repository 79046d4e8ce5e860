// What can be told of a serialized Event without parsing all of it: its time, its kind and its message type.
#pragma once

#include "libs/events/batch.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace peer_observer::events {

/// Views into the event.
struct EventView {
    std::uint64_t sequence = 0;
    std::uint64_t timestamp_ns = 0;
    /// Field numbers of the arm in Event and of the arm inside; 0 = there is none.
    std::uint32_t context = 0;
    std::uint32_t arm = 0;
    std::string_view message_type; ///< empty = the event is not about a message
    bool is_malformed = false;     ///< not valid protobuf; the fields above are what was read until then
    std::string_view bytes;        ///< the serialized Event
};

EventView view_event(std::string_view event, std::uint64_t sequence = 0);

/// `mempool.rejected`; `events_lost` where there is no inner arm. `unknown` stands for what is newer than this build.
std::string kind_name(std::uint32_t context, std::uint32_t arm);

/// Calls `visit` for each event, in order. Here and below the batch must be one that parse_batch() has taken.
void for_each_event(const Batch& batch, const std::function<void(const EventView&)>& visit);

/// Calls `emit` with the batches that hold the events that `wanted` accepts: each run of consecutive events becomes a
/// batch of its own, with its own first_sequence, so that every event keeps its number. Where all are wanted, `emit`
/// gets the batch as it is. Of a publisher's last batch, the last one that `emit` gets is the publisher's last, and may
/// have no events. What `emit` gets is valid during the call.
void select(const Batch& batch, const std::function<bool(const EventView&)>& wanted,
            const std::function<void(const Batch&)>& emit);

} // namespace peer_observer::events
