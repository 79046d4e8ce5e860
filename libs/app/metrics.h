// --metrics-address, and the metrics of everything that uses the bus.
#pragma once

#include "libs/bus/publisher.h"
#include "libs/bus/subscriber.h"
#include "libs/telemetry/telemetry.h"

#include <boost/program_options/variables_map.hpp>

#include <functional>
#include <memory>
#include <string>

namespace peer_observer::app {

/// The endpoint of `service` at --metrics-address, with its address logged; null if the user wants none. Let it die
/// before what its metrics are read from. Throws UsageError for a malformed address, std::runtime_error if it cannot be
/// served.
std::unique_ptr<telemetry::Telemetry> serve_metrics(const boost::program_options::variables_map& values,
                                                    const std::string& service);

/// peer_observer_bus_published_*: pass `[&] { return publisher.statistics(); }`.
void add_publisher_metrics(telemetry::Telemetry& telemetry, const std::function<bus::PublisherStatistics()>& read);

/// peer_observer_bus_received_* and what was missed: pass `[&] { return subscriber.statistics(); }`.
void add_subscriber_metrics(telemetry::Telemetry& telemetry, const std::function<bus::SubscriberStatistics()>& read);

} // namespace peer_observer::app
