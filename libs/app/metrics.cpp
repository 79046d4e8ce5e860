#include "libs/app/metrics.h"

#include "libs/app/app.h"
#include "libs/telemetry/address.h"

#include <cstdint>

#include <spdlog/spdlog.h>

namespace peer_observer::app {
namespace {

template <typename Statistics>
void add_figure(telemetry::Telemetry& telemetry, const std::function<Statistics()>& read,
                std::uint64_t Statistics::* field, const char* name, const char* help,
                telemetry::MetricType type = telemetry::MetricType::counter)
{
    telemetry.add(name, help, type,
                  [read, field] { return std::vector<telemetry::Sample>{{static_cast<double>(read().*field), {}}}; });
}

} // namespace

std::unique_ptr<telemetry::Telemetry> serve_metrics(const boost::program_options::variables_map& values,
                                                    const std::string& service)
{
    const auto address = values["metrics-address"].as<std::string>();
    if (address.empty()) return nullptr;
    if (const auto parsed = telemetry::parse_address(address); !parsed)
        throw UsageError("--metrics-address: " + parsed.error());
    auto served = std::make_unique<telemetry::Telemetry>(address, service);
    spdlog::info("metrics on http://{}/metrics", served->address());
    return served;
}

void add_publisher_metrics(telemetry::Telemetry& telemetry, const std::function<bus::PublisherStatistics()>& read)
{
    using bus::PublisherStatistics;
    add_figure(telemetry, read, &PublisherStatistics::events, "peer_observer_bus_published_events_total",
               "Events published.");
    add_figure(telemetry, read, &PublisherStatistics::batches, "peer_observer_bus_published_batches_total",
               "Batches published.");
    add_figure(telemetry, read, &PublisherStatistics::bytes, "peer_observer_bus_published_bytes_total",
               "Bytes of the batches published, counted once however many subscribers there are.");
    add_figure(telemetry, read, &PublisherStatistics::subscribers, "peer_observer_bus_subscribers",
               "Subscribers connected now.", telemetry::MetricType::gauge);
    add_figure(
        telemetry, read, &PublisherStatistics::refused_connections, "peer_observer_bus_refused_connections_total",
        "Connections that ended before they were a subscriber's: TLS failed, they did not greet, or were too many.");
}

void add_subscriber_metrics(telemetry::Telemetry& telemetry, const std::function<bus::SubscriberStatistics()>& read)
{
    using bus::SubscriberStatistics;
    add_figure(telemetry, read, &SubscriberStatistics::events, "peer_observer_bus_received_events_total",
               "Events received.");
    add_figure(telemetry, read, &SubscriberStatistics::batches, "peer_observer_bus_received_batches_total",
               "Batches received.");
    add_figure(telemetry, read, &SubscriberStatistics::bytes, "peer_observer_bus_received_bytes_total",
               "Bytes of the batches received.");
    add_figure(telemetry, read, &SubscriberStatistics::missed_events, "peer_observer_bus_missed_events_total",
               "Events that publishers numbered and that did not arrive here.");
    add_figure(telemetry, read, &SubscriberStatistics::bad_frames, "peer_observer_bus_bad_frames_total",
               "Messages received that are not a batch of events, and were skipped.");
    add_figure(telemetry, read, &SubscriberStatistics::connected_sources, "peer_observer_bus_connected_sources",
               "Publishers connected now.", telemetry::MetricType::gauge);
}

} // namespace peer_observer::app
