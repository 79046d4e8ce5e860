#include "services/detector/metrics.h"

#include <array>
#include <atomic>
#include <string>

namespace peer_observer::detector {
namespace {

using telemetry::MetricType;
using telemetry::Sample;
using Number = std::atomic<std::uint64_t>;

constexpr std::array kSeverities = {"unknown", "info", "warning", "critical"};

double value(const Number& number) { return static_cast<double>(number.load()); }

telemetry::Labels labels_of(std::string_view kind, AnomalySeverity severity, const std::string& node)
{
    return {
        {"kind", std::string{kind}}, {"severity", kSeverities.at(static_cast<std::size_t>(severity))}, {"node", node}};
}

std::vector<Sample> open_samples(const Counters& counters)
{
    std::vector<Sample> samples;
    for (const auto& open : counters.open().counts)
        samples.push_back({static_cast<double>(open.count), labels_of(open.kind, open.severity, open.node)});
    return samples;
}

std::vector<Sample> listed_samples(const Counters& counters)
{
    std::vector<Sample> samples;
    for (const auto& open : counters.open().listed) {
        auto labels = labels_of(open.kind, open.severity, open.node);
        labels.emplace("subject", open.subject);
        labels.emplace("known_as", open.known_as);
        samples.push_back({static_cast<double>(open.opened) / static_cast<double>(kSecond), std::move(labels)});
    }
    return samples;
}

std::vector<Sample> unlisted_samples(const Counters& counters)
{
    std::vector<Sample> samples;
    for (const auto& open : counters.open().counts)
        if (open.severity >= proto::AnomalyReport::WARNING)
            samples.push_back(
                {static_cast<double>(open.count - open.listed), labels_of(open.kind, open.severity, open.node)});
    return samples;
}

std::vector<Sample> opened_samples(const Counters& counters)
{
    std::vector<Sample> samples;
    const auto kinds = all_detectors();
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
        for (std::size_t severity = 1; severity < kSeverities.size(); ++severity)
            samples.push_back({value(counters.kinds[kind].opened.at(severity)),
                               {{"kind", std::string{kinds[kind]->kind}}, {"severity", kSeverities.at(severity)}}});
    return samples;
}

std::vector<Sample> highest_samples(const Counters& counters)
{
    std::vector<Sample> samples;
    const auto kinds = all_detectors();
    samples.reserve(kinds.size());
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
        samples.push_back({counters.kinds[kind].highest.load(), {{"kind", std::string{kinds[kind]->kind}}}});
    return samples;
}

} // namespace

void add_metrics(telemetry::Telemetry& telemetry, const Counters& counters)
{
    telemetry.add("peer_observer_detector_open_anomalies",
                  "Currently open anomalies, by kind, severity and node. Absent if there are none.", MetricType::gauge,
                  [&] { return open_samples(counters); });
    telemetry.add("peer_observer_detector_anomaly_opened_timestamp_seconds",
                  "UNIX time at which a currently open anomaly was opened, with its subject. Only the most severe "
                  "ones: at most 16 per kind, severity and node, and 128 in total. None of severity info.",
                  MetricType::gauge, [&] { return listed_samples(counters); });
    telemetry.add("peer_observer_detector_unlisted_anomalies",
                  "Open anomalies whose subject is not listed because there are too many.", MetricType::gauge,
                  [&] { return unlisted_samples(counters); });
    telemetry.add("peer_observer_detector_anomalies_total", "Anomalies opened, and open ones that became more severe.",
                  MetricType::counter, [&] { return opened_samples(counters); });
    telemetry.add("peer_observer_detector_highest_share_of_threshold",
                  "Highest value since the start, as a share of its threshold. 1 raises an anomaly.", MetricType::gauge,
                  [&] { return highest_samples(counters); });
    const auto add = [&](const char* name, const char* help, MetricType type, const Number& number) {
        telemetry.add(name, help, type, [&number] { return value(number); });
    };
    add("peer_observer_detector_events_total", "Events examined.", MetricType::counter, counters.events);
    add("peer_observer_detector_duplicate_events_total", "Events received twice and skipped.", MetricType::counter,
        counters.duplicates);
    add("peer_observer_detector_gaps_total", "Gaps in the sequence numbers of publishers.", MetricType::counter,
        counters.gaps);
    add("peer_observer_detector_refused_anomalies_total",
        "Anomalies not opened because too many of their kind are open.", MetricType::counter, counters.refused);
    add("peer_observer_detector_waiting_reports", "Reports about single nodes that wait for events of other nodes.",
        MetricType::gauge, counters.waiting);
    add("peer_observer_detector_streams", "Publishers of the watched nodes.", MetricType::gauge, counters.streams);
    add("peer_observer_detector_processes", "Watched processes of nodes.", MetricType::gauge, counters.processes);
    add("peer_observer_detector_twin_publishers_total",
        "Publishers that sent events of a node while another publisher of the same type did.", MetricType::counter,
        counters.twins);
    add("peer_observer_detector_peers", "Connections in memory.", MetricType::gauge, counters.peers);
}

void add_metrics(telemetry::Telemetry& telemetry, const Webhook& webhook)
{
    const auto add = [&](const char* name, const char* help, std::uint64_t Webhook::Statistics::* number) {
        telemetry.add(name, help, MetricType::counter,
                      [&webhook, number] { return static_cast<double>(webhook.statistics().*number); });
    };
    using Statistics = Webhook::Statistics;
    add("peer_observer_detector_webhook_posts_total", "Reports accepted by the webhook.", &Statistics::posted);
    add("peer_observer_detector_webhook_retries_total", "Failed posts that are retried.", &Statistics::retries);
    add("peer_observer_detector_webhook_dropped_total",
        "Reports dropped: the webhook did not accept them within ten minutes, or the queue was full.",
        &Statistics::dropped);
}

} // namespace peer_observer::detector
