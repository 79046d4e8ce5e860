// Metrics about the events themselves: losses, gaps, latency, publishers that are gone.
#pragma once

#include "proto/event.pb.h"
#include "services/metrics/series/buffered_histogram.h"
#include "services/metrics/series/registry.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

namespace peer_observer::metrics {

/// One moment by two clocks.
struct Moment {
    std::uint64_t unix_ns;
    std::chrono::steady_clock::time_point steady;

    static Moment now();
};

class Health {
public:
    explicit Health(NodeRegistry& registry);

    /// A batch has come; `missed` events before it have not.
    void observe_batch(std::uint64_t publisher_id, std::uint64_t event_count, std::uint64_t missed, const Moment& now);
    void observe_event(const proto::Event& event, const Moment& now);
    void observe_loss(const proto::EventsLost& lost);
    void count_unknown() { unknown_.Increment(); }
    void count_unparsable() { unparsable_.Increment(); }
    void flush() { latency_.flush(); }

    /// Shows ages; returns publishers that were silent for too long, each once.
    std::vector<std::uint64_t> tick(const Moment& now);

private:
    using TimePoint = std::chrono::steady_clock::time_point;
    struct Publisher {
        std::uint64_t id;
        TimePoint last_heard;
    };

    Counter& events_;
    std::array<Counter*, proto::EventsLost::Cause_ARRAYSIZE> lost_; ///< by cause
    Counter& lost_to_gaps_;
    Counter& gaps_;
    Counter& unparsable_;
    Counter& unknown_;
    BufferedHistogram latency_;
    OptionalGauge age_;
    Gauge& publishers_up_;
    std::vector<Publisher> publishers_;
    TimePoint last_event_{};
};

} // namespace peer_observer::metrics
