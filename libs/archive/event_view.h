// What can be told of a serialized Event without parsing all of it: its time, its kind and its message type.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::archive {

/// Views into the event.
struct EventView {
    std::uint64_t timestamp_ns = 0;
    /// Field numbers of the arm in Event and of the arm inside; 0 = there is none.
    std::uint32_t context = 0;
    std::uint32_t arm = 0;
    std::string_view message_type; ///< empty = the event is not about a message
    std::string_view bytes;        ///< the serialized Event
};

/// Fields that are not valid are left at 0.
EventView view_event(std::string_view event);

/// `mempool.rejected`; `events_lost` where there is no inner arm. `unknown` stands for what is newer than this build.
std::string kind_name(std::uint32_t context, std::uint32_t arm);

/// Calls `visit` for each event of a serialized EventBatch, in order. The batch must be one that bus::parse_batch()
/// takes.
void for_each_event(std::string_view batch, const std::function<void(const EventView&)>& visit);

/// Calls `emit` with the batches that hold the events that `wanted` accepts: each run of consecutive events becomes a
/// batch of its own, with its own first_sequence, so that every event keeps its number. Where all are wanted, `emit`
/// gets the batch as it is. What `emit` gets is valid during the call.
void select_events(std::string_view batch, const std::function<bool(const EventView&, std::uint64_t sequence)>& wanted,
                   const std::function<void(std::string_view)>& emit);

} // namespace peer_observer::archive
