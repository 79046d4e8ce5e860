// What a tool does about events that are not valid: says so in the log, counts them, and goes on.
#pragma once

#include "libs/bus/notices.h"
#include "libs/events/event_reader.h"
#include "libs/telemetry/telemetry.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace peer_observer::app {

class BadEvents {
public:
    using Log = std::function<void(const std::string& line)>;

    /// `log` gets at most one line a second.
    explicit BadEvents(Log log = log_warning);

    void add(const events::Batch& batch, const events::BadEvent& bad);

    /// May be called from any thread.
    std::uint64_t count() const { return count_; }

    /// Adds peer_observer_bad_events_total. This object must outlive `telemetry`.
    void add_metrics(telemetry::Telemetry& telemetry) const;

private:
    static void log_warning(const std::string& line);

    Log log_;
    bus::NoticeLimit notices_;
    std::atomic<std::uint64_t> count_ = 0;
};

} // namespace peer_observer::app
