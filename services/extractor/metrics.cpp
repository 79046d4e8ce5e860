#include "services/extractor/metrics.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::extractor {
namespace {

using telemetry::MetricType;
using telemetry::Sample;

constexpr std::array<std::string_view, LOSS_CAUSE_COUNT> kCauseNames = {"ring_full", "too_big"};

constexpr std::array<std::pair<AttachState, std::string_view>, 4> kStateNames = {{
    {AttachState::attached, "attached"},
    {AttachState::absent, "absent"},
    {AttachState::failed, "failed"},
    {AttachState::waiting, "waiting"},
}};

template <typename Values>
std::vector<Sample> by_tracepoint(const Values& values)
{
    std::vector<Sample> samples;
    samples.reserve(kTracepoints.size());
    for (std::size_t i = 0; i < kTracepoints.size(); ++i)
        samples.push_back({static_cast<double>(values[i]), {{"tracepoint", kTracepoints[i].full_name()}}});
    return samples;
}

std::vector<Sample> losses(const ExtractorStatistics& statistics)
{
    std::vector<Sample> samples;
    samples.reserve(kTracepoints.size());
    for (std::size_t i = 0; i < kTracepoints.size(); ++i) {
        for (std::size_t cause = 0; cause < LOSS_CAUSE_COUNT; ++cause) {
            samples.push_back(
                {static_cast<double>(statistics.kernel.lost[i][cause]),
                 {{"tracepoint", kTracepoints[i].full_name()}, {"cause", std::string{kCauseNames[cause]}}}});
        }
        samples.push_back({static_cast<double>(statistics.too_large[i]),
                           {{"tracepoint", kTracepoints[i].full_name()}, {"cause", "event_too_large"}}});
    }
    return samples;
}

std::vector<Sample> attached(const ExtractorStatistics& statistics)
{
    std::vector<Sample> samples;
    samples.reserve(kTracepoints.size());
    for (std::size_t i = 0; i < kTracepoints.size(); ++i) {
        if (statistics.states[i] == AttachState::disabled) continue;
        samples.push_back(
            {statistics.states[i] == AttachState::attached ? 1.0 : 0.0, {{"tracepoint", kTracepoints[i].full_name()}}});
    }
    return samples;
}

std::vector<Sample> states(const ExtractorStatistics& statistics)
{
    std::vector<Sample> samples;
    for (std::size_t i = 0; i < kTracepoints.size(); ++i) {
        if (statistics.states[i] == AttachState::disabled) continue;
        for (const auto& [state, name] : kStateNames)
            samples.push_back({statistics.states[i] == state ? 1.0 : 0.0,
                               {{"tracepoint", kTracepoints[i].full_name()}, {"state", std::string{name}}}});
    }
    return samples;
}

std::vector<Sample> processes(const ExtractorStatistics& statistics)
{
    if (!statistics.processes) return {};
    return {{static_cast<double>(*statistics.processes), {}}};
}

std::vector<Sample> undecodable(const ExtractorStatistics& statistics)
{
    std::vector<Sample> samples;
    samples.reserve(statistics.undecodable.size());
    for (const auto& [reason, count] : statistics.undecodable)
        samples.push_back({static_cast<double>(count), {{"reason", std::string{reason}}}});
    return samples;
}

std::vector<Sample> truncated(const ExtractorStatistics& statistics)
{
    std::vector<Sample> samples;
    for (int i = proto::Truncated::UNKNOWN_REASON + 1; i < proto::Truncated::Reason_ARRAYSIZE; ++i) {
        std::string reason = proto::Truncated::Reason_Name(i);
        std::ranges::transform(reason, reason.begin(),
                               [](char c) { return c == '_' ? c : static_cast<char>(c | 0x20); });
        samples.push_back({static_cast<double>(statistics.truncated.at(static_cast<std::size_t>(i))),
                           {{"reason", std::move(reason)}}});
    }
    return samples;
}

} // namespace

void add_extractor_metrics(telemetry::Telemetry& telemetry, const std::function<ExtractorStatistics()>& read)
{
    telemetry.add("peer_observer_extractor_events_total", "Events received from the kernel.", MetricType::counter,
                  [read] { return by_tracepoint(read().events); });
    telemetry.add("peer_observer_extractor_lost_events_total",
                  "Events lost between the kernel and the bus, by tracepoint and cause.", MetricType::counter,
                  [read] { return losses(read()); });
    telemetry.add("peer_observer_extractor_unreadable_events_total",
                  "Events with at least one argument that could not be read from the node's memory.",
                  MetricType::counter, [read] { return by_tracepoint(read().kernel.unreadable); });
    telemetry.add("peer_observer_extractor_undecodable_messages_total",
                  "P2P messages that could not be decoded, by reason.", MetricType::counter,
                  [read] { return undecodable(read()); });
    telemetry.add("peer_observer_extractor_undescribed_peer_messages_total",
                  "P2P messages published without the peer's address and connection type because the extractor did not "
                  "know them.",
                  MetricType::counter, [read] { return static_cast<double>(read().undescribed); });
    telemetry.add("peer_observer_extractor_truncated_messages_total",
                  "P2P messages published with less detail than the operator asked for, by reason.",
                  MetricType::counter, [read] { return truncated(read()); });
    telemetry.add("peer_observer_extractor_tracepoint_attached",
                  "1 if an enabled tracepoint is attached, 0 if it is not.", MetricType::gauge,
                  [read] { return attached(read()); });
    telemetry.add("peer_observer_extractor_tracepoint_state",
                  "1 for the current state of an enabled tracepoint: attached, absent (the program does not have it), "
                  "failed, waiting (for the program).",
                  MetricType::gauge, [read] { return states(read()); });
    telemetry.add("peer_observer_extractor_traced_processes",
                  "Processes that run the traced program. Absent if /proc does not show all processes.",
                  MetricType::gauge, [read] { return processes(read()); });
}

} // namespace peer_observer::extractor
