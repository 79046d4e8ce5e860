// Metrics about the events themselves: losses, gaps, latency, publishers that are gone.
#pragma once

#include "proto/event.pb.h"
#include "services/metrics/series/buffered_histogram.h"
#include "services/metrics/series/registry.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
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
    /// False if the publisher of the last batch sends what an earlier one sends, too: it is not added up.
    bool is_counted(const Moment& now) const;
    /// An event of the last batch.
    void observe_event(const proto::Event& event, const Moment& now);
    void observe_loss(const proto::EventsLost& lost);
    void count_unknown() { unknown_.Increment(); }
    void count_unparsable() { unparsable_.Increment(); }
    void flush() { latency_.flush(); }

    /// Shows ages; returns publishers that were silent for too long, each once.
    std::vector<std::uint64_t> tick(const Moment& now);

    /// What two publishers publish at a time, so that only the first is counted; once each time.
    std::optional<std::string_view> take_twins() { return std::exchange(twins_, std::nullopt); }

private:
    using TimePoint = std::chrono::steady_clock::time_point;
    /// What a publisher publishes, as its events show.
    enum class Sort : std::uint8_t { unknown, tracepoints, rpc, log, p2p, tool };
    static constexpr std::array<std::string_view, 6> kSortNames = {"unknown", "tracepoints", "rpc",
                                                                   "log",     "p2p",         "tool"};

    struct Publisher {
        std::uint64_t id;
        TimePoint first_heard;
        TimePoint last_heard;
        Sort sort = Sort::unknown;
    };
    /// The gauges of one sort, from when a publisher of it was heard on.
    struct BySort {
        OptionalGauge up;
        OptionalGauge age;
        TimePoint last_event;
        bool heard = false;
        bool has_twins = false;
    };

    static Sort sort_of(const proto::Event& event);
    void tick(Sort sort, const Moment& now);

    Counter& events_;
    std::array<Counter*, proto::EventsLost::Cause_ARRAYSIZE> lost_; ///< by cause
    Counter& lost_to_gaps_;
    Counter& gaps_;
    Counter& unparsable_;
    Counter& unknown_;
    BufferedHistogram latency_;
    std::vector<BySort> sorts_; ///< by Sort
    std::vector<Publisher> publishers_;
    std::size_t current_ = 0; ///< in publishers_: that of the last batch; behind the end if there was no room for it
    std::optional<std::string_view> twins_;
};

} // namespace peer_observer::metrics
