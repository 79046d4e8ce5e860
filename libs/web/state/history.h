// The latest events of a peer, or of all: as many as fit into two limits.
#pragma once

#include "libs/web/state/kept_event.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

namespace peer_observer::web {

class History {
public:
    History(std::size_t most_events, std::size_t most_bytes) : most_events_{most_events}, most_bytes_{most_bytes} {}

    void add(KeptEventPtr event)
    {
        bytes_ += event->cost();
        events_.push_back(std::move(event));
        while (events_.size() > most_events_ || (bytes_ > most_bytes_ && events_.size() > 1))
            drop_oldest();
    }

    void drop_oldest()
    {
        bytes_ -= events_.front()->cost();
        events_.pop_front();
        ++dropped_;
    }

    void clear()
    {
        dropped_ += events_.size();
        std::deque<KeptEventPtr>{}.swap(events_);
        bytes_ = 0;
    }

    /// Null where it is not kept.
    KeptEventPtr find(const EventId& id) const
    {
        for (const auto& event : events_)
            if (event->id == id) return event;
        return nullptr;
    }

    const std::deque<KeptEventPtr>& events() const { return events_; }
    std::size_t bytes() const { return bytes_; }
    std::uint64_t dropped() const { return dropped_; }

private:
    std::size_t most_events_;
    std::size_t most_bytes_;
    std::deque<KeptEventPtr> events_;
    std::size_t bytes_ = 0;
    std::uint64_t dropped_ = 0;
};

} // namespace peer_observer::web
