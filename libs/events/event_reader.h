// Parses the events of batches one at a time: one that is not valid takes no other with it.
#pragma once

#include "libs/events/event_view.h"
#include "proto/event.pb.h"

#include <google/protobuf/arena.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace peer_observer::events {

/// What stands in a batch in the place of an event and is none.
struct BadEvent {
    std::uint64_t sequence = 0;
    std::size_t size = 0;
    std::string_view reason; ///< has no byte of the event in it
};

class EventReader {
public:
    EventReader();

    /// Null where the bytes are no valid Event. What it returns lives until the next call.
    const proto::Event* parse(std::string_view event);
    /// The same, and `on_bad(const BadEvent&)` gets what is not a valid event.
    template <typename OnBad>
    const proto::Event* parse(const EventView& view, OnBad&& on_bad)
    {
        const auto* event = parse(view.bytes);
        if (event == nullptr) on_bad(bad_event(view));
        return event;
    }

    /// Calls `on_event(const proto::Event&, const EventView&)` for each event that `wanted(const EventView&)` accepts,
    /// in order, and `on_bad` as above.
    template <typename Wanted, typename OnEvent, typename OnBad>
    void each_if(const Batch& batch, Wanted&& wanted, OnEvent&& on_event, OnBad&& on_bad)
    {
        for_each_event(batch, [&](const EventView& view) {
            if (!wanted(view)) return;
            if (const auto* event = parse(view, on_bad)) on_event(*event, view);
        });
    }

    template <typename OnEvent, typename OnBad>
    void each(const Batch& batch, OnEvent&& on_event, OnBad&& on_bad)
    {
        each_if(batch, [](const EventView&) { return true; }, on_event, on_bad);
    }

private:
    static BadEvent bad_event(const EventView& view);

    std::unique_ptr<char[]> block_;
    google::protobuf::Arena arena_;
    std::size_t parsed_bytes_ = 0; ///< since the arena was reset
};

} // namespace peer_observer::events
