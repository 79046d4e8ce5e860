// Puts together what several nodes report of the same subject, in the order of event time.
#pragma once

#include "proto/event.pb.h"
#include "services/detector/alarms.h"
#include "services/detector/log_reasons.h"
#include "services/detector/open_anomalies.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace peer_observer::detector {

/// A report waits until some event is kWait later than it. So it does not matter which node's events arrive first, as
/// long as they are not further apart than that, and a replay gives the same anomalies at any speed.
class Correlator {
public:
    static constexpr Time kWait = 5 * kSecond;

    /// `rises`: the anomaly is more severe than in any report of it before.
    using Publish = std::function<void(proto::Event&, const Definition&, bool rises)>;

    /// What the node's log says of a report that is about to be published.
    using Reasons = std::function<std::vector<LogReason>(const Report&)>;

    Correlator(Publish publish, Reasons reasons) : publish_{std::move(publish)}, reasons_{std::move(reasons)} {}

    void add(Report&& report);
    /// An event of that time was seen.
    void advance(Time now);
    /// Publishes all that waits.
    void flush();

    /// Reports that wait.
    std::size_t waiting() const { return waiting_.size(); }
    /// Those that are open, in no order.
    std::vector<OpenAnomaly> open() const;

private:
    struct Anomaly {
        std::uint64_t id = 0;
        Time opened = 0;
        Time next_update = 0;
        AnomalySeverity severity = proto::AnomalyReport::UNKNOWN_SEVERITY; ///< the highest so far
        struct Node {
            bool is_open = true;
            AlarmState state;
            LoggedReasons logged;
        };
        std::map<WatchId, Node> nodes;
    };
    /// Kind and subject; whose connection or node it is, where others may have one of the same name.
    using Key = std::tuple<const Definition*, std::string, WatchId>;

    void release(Time before);
    void handle(const Report& report);
    void publish(const Report& report, Report::Action action, Anomaly& anomaly) const;

    Publish publish_;
    Reasons reasons_;
    std::vector<Report> waiting_;
    Time newest_ = 0;
    Time next_release_ = 0;
    std::map<Key, Anomaly> open_;
};

} // namespace peer_observer::detector
