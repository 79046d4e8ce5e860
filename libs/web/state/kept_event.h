// An event as it is kept: serialized, with its place in the stream.
#pragma once

#include "libs/events/event_view.h"
#include "proto/event.pb.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace peer_observer::web {

/// Names an event: its publisher and its number there.
struct EventId {
    std::uint64_t publisher_id = 0;
    std::uint64_t sequence = 0;
    bool operator==(const EventId&) const = default;
};

/// `00c0ffee00c0ffee-1234`.
std::string to_string(const EventId& id);
std::optional<EventId> parse_event_id(std::string_view text);

struct KeptEvent {
    /// A larger one is kept without its payload.
    static constexpr std::size_t kMostBytes = std::size_t{32} << 10U;

    std::shared_ptr<const std::string> node;
    EventId id;
    std::uint64_t timestamp_ns = 0;
    std::uint32_t context = 0; ///< as in EventView
    std::uint32_t arm = 0;
    bool payload_omitted = false;
    std::string bytes; ///< the serialized Event

    std::size_t cost() const { return sizeof(KeptEvent) + bytes.capacity(); }
};
using KeptEventPtr = std::shared_ptr<const KeptEvent>;

KeptEventPtr keep(const std::shared_ptr<const std::string>& node, std::uint64_t publisher_id,
                  const events::EventView& view, const proto::Event& event);

} // namespace peer_observer::web
