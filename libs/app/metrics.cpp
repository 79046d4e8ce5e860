#include "libs/app/metrics.h"

#include "libs/app/app.h"
#include "libs/base/host_port.h"

#include <spdlog/spdlog.h>

#include <cstdint>

namespace peer_observer::app {
namespace {

template <typename Statistics>
void add_figure(telemetry::Telemetry& telemetry, const std::function<Statistics()>& read,
                std::uint64_t Statistics::* field, const char* name, const char* help,
                telemetry::MetricType type = telemetry::MetricType::counter)
{
    telemetry.add(name, help, type, [read, field] { return static_cast<double>(read().*field); });
}

} // namespace

std::unique_ptr<telemetry::Telemetry> serve_metrics(const boost::program_options::variables_map& values,
                                                    const std::string& service)
{
    const auto address = values["metrics-address"].as<std::string>();
    if (address.empty()) return nullptr;
    if (const auto parsed = base::parse_host_port(address); !parsed)
        throw UsageError{"--metrics-address: " + parsed.error()};
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
               "Bytes of the batches published, counted once for any number of subscribers.");
    add_figure(telemetry, read, &PublisherStatistics::too_large_events, "peer_observer_bus_too_large_events_total",
               "Events not published because they do not fit into a frame.");
    add_figure(telemetry, read, &PublisherStatistics::subscribers, "peer_observer_bus_subscribers",
               "Currently connected subscribers.", telemetry::MetricType::gauge);
    add_figure(telemetry, read, &PublisherStatistics::refused_connections,
               "peer_observer_bus_refused_connections_total",
               "Connections refused before they became a subscriber: the handshake failed, or there were too many "
               "connections.");
    add_figure(telemetry, read, &PublisherStatistics::dropped_events, "peer_observer_bus_dropped_events_total",
               "Events dropped because a subscriber did not keep up, counted once per subscriber.");
    add_figure(telemetry, read, &PublisherStatistics::dropped_batches, "peer_observer_bus_dropped_batches_total",
               "Batches dropped because a subscriber did not keep up, counted once per subscriber.");
    telemetry.add("peer_observer_bus_disconnected_subscribers_total",
                  "Subscribers disconnected by this publisher, by reason.", telemetry::MetricType::counter, [read] {
                      const auto statistics = read();
                      const auto sample = [](std::uint64_t count, const char* reason) {
                          return telemetry::Sample{static_cast<double>(count), {{"reason", reason}}};
                      };
                      return std::vector{sample(statistics.disconnected_took_nothing, "took_nothing"),
                                         sample(statistics.disconnected_memory, "memory"),
                                         sample(statistics.disconnected_spoke, "spoke")};
                  });
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
               "Events missed, as the publishers' sequence numbers show.");
    add_figure(telemetry, read, &SubscriberStatistics::unknown_losses, "peer_observer_bus_unknown_losses_total",
               "Losses of an unknown number of events: a publisher was replaced without announcing its end.");
    add_figure(telemetry, read, &SubscriberStatistics::refused_frames, "peer_observer_bus_refused_frames_total",
               "Frames skipped because their source may not publish the node that they name.");
    add_figure(telemetry, read, &SubscriberStatistics::bad_frames, "peer_observer_bus_bad_frames_total",
               "Frames skipped because they are not a batch of events.");
    add_figure(telemetry, read, &SubscriberStatistics::connected_sources, "peer_observer_bus_connected_sources",
               "Currently connected publishers.", telemetry::MetricType::gauge);
    add_figure(telemetry, read, &SubscriberStatistics::configured_sources, "peer_observer_bus_configured_sources",
               "Publishers that this tool is configured to connect to.", telemetry::MetricType::gauge);
}

} // namespace peer_observer::app
