// What can be told of a serialized Event without parsing all of it: its time, kind, process, message type and peer.
#pragma once

#include "libs/events/batch.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace peer_observer::events {

/// Numbers of contexts, arms and of their fields that are looked at are below it.
inline constexpr std::uint32_t kMaxFieldNumber = 64;

/// Views into the event.
struct EventView {
    std::uint64_t sequence = 0;
    std::uint64_t timestamp_ns = 0;
    std::uint32_t pid = 0; ///< 0 = none
    /// Field numbers of the arm in Event and of the arm inside; 0 = there is none.
    std::uint32_t context = 0;
    std::uint32_t arm = 0;
    std::string_view message_type; ///< empty = the event is not about a message
    std::string_view content;      ///< what the innermost arm holds
    bool is_malformed = false;     ///< not valid protobuf; the fields above are what was read until then
    std::string_view bytes;        ///< the serialized Event
};

EventView view_event(std::string_view event, std::uint64_t sequence = 0);

/// The peer that an event is about, by the fields `peer_id` and `address` of its content.
struct PeerView {
    std::optional<std::int64_t> id; ///< absent where the event is about no peer, or does not say which
    std::string_view address;       ///< empty = none
};
PeerView view_peer(const EventView& event);

/// The numbers of such fields in the content of a kind; 0 = it has none.
struct PeerFieldNumbers {
    std::uint8_t message_type = 0;
    std::uint8_t peer_id = 0;
    std::uint8_t address = 0;
    std::uint8_t network = 0;      ///< Bitcoin Core's, as proto.Network
    bool peer_is_optional = false; ///< else a peer that is not on the wire is peer 0
};
PeerFieldNumbers peer_field_numbers(std::uint32_t context, std::uint32_t arm);

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
