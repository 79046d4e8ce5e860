#include "libs/app/bad_events.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace peer_observer::app {

void BadEvents::add(const events::Batch& batch, const events::BadEvent& bad)
{
    ++count_;
    if (const auto left_out = notices_.pass(bus::NoticeLimit::Clock::now()))
        spdlog::warn("{}",
                     bus::with_left_out(fmt::format("event {} of node {}, publisher {}, is skipped: {} ({} bytes)",
                                                    bad.sequence, batch.node,
                                                    fmt::format("{:016x}", batch.publisher_id), bad.reason, bad.size),
                                        *left_out));
}

void BadEvents::add_metrics(telemetry::Telemetry& telemetry) const
{
    telemetry.add("peer_observer_bad_events_total", "Events skipped because they are not valid protobuf messages.",
                  telemetry::MetricType::counter, [this] { return static_cast<double>(count()); });
}

} // namespace peer_observer::app
