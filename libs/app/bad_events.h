// What a tool does about events that are not valid: says so in the log, counts them, and continues.
#pragma once

#include "libs/bus/notices.h"
#include "libs/events/event_reader.h"
#include "libs/telemetry/telemetry.h"

#include <atomic>
#include <cstdint>

namespace peer_observer::app {

class BadEvents {
public:
    /// Logs at most one warning a second.
    void add(const events::Batch& batch, const events::BadEvent& bad);

    /// May be called from any thread.
    std::uint64_t count() const { return count_; }

    /// Adds peer_observer_bad_events_total. This object must outlive `telemetry`.
    void add_metrics(telemetry::Telemetry& telemetry) const;

private:
    bus::NoticeLimit notices_;
    std::atomic<std::uint64_t> count_ = 0;
};

} // namespace peer_observer::app
