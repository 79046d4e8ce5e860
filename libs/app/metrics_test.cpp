#include "libs/app/app.h"
#include "libs/app/metrics.h"

#include <boost/program_options.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peer_observer::app {
namespace {

namespace po = boost::program_options;
using ::testing::HasSubstr;

po::variables_map with_address(const std::string& address)
{
    po::options_description options;
    options.add_options()("metrics-address", po::value<std::string>()->default_value(address));
    po::variables_map values;
    po::store(po::command_line_parser(std::vector<std::string>{}).options(options).run(), values);
    return values;
}

TEST(Metrics, AreOffWithoutAnAddress) { EXPECT_EQ(serve_metrics(with_address(""), "tool"), nullptr); }

TEST(Metrics, RefuseABadAddress)
{
    try {
        serve_metrics(with_address("9332"), "tool");
        FAIL() << "served";
    } catch (const UsageError& error) {
        EXPECT_THAT(error.what(), HasSubstr("--metrics-address: `9332`"));
    }
}

TEST(Metrics, ShowTheBusStatistics)
{
    const auto telemetry = serve_metrics(with_address("127.0.0.1:0"), "tool");
    add_publisher_metrics(*telemetry, [] {
        return bus::PublisherStatistics{.events = 1,
                                        .batches = 2,
                                        .bytes = 3,
                                        .too_large_events = 4,
                                        .subscribers = 5,
                                        .refused_connections = 6,
                                        .dropped_events = 7,
                                        .dropped_batches = 8,
                                        .disconnected_took_nothing = 9,
                                        .disconnected_memory = 10,
                                        .disconnected_spoke = 11};
    });
    add_subscriber_metrics(*telemetry, [] { return bus::SubscriberStatistics{21, 22, 23, 24, 25, 26, 27, 28, 29}; });
    const auto text = telemetry->text();
    for (const char* line : {"published_events_total 1\n",
                             "published_batches_total 2\n",
                             "published_bytes_total 3\n",
                             "too_large_events_total 4\n",
                             "subscribers 5\n",
                             "refused_connections_total 6\n",
                             "dropped_events_total 7\n",
                             "dropped_batches_total 8\n",
                             "disconnected_subscribers_total{reason=\"took_nothing\"} 9\n",
                             "disconnected_subscribers_total{reason=\"memory\"} 10\n",
                             "disconnected_subscribers_total{reason=\"spoke\"} 11\n",
                             "received_events_total 21\n",
                             "received_batches_total 22\n",
                             "received_bytes_total 23\n",
                             "missed_events_total 24\n",
                             "bad_frames_total 25\n",
                             "connected_sources 26\n",
                             "unknown_losses_total 27\n",
                             "refused_frames_total 28\n",
                             "configured_sources 29\n"})
        EXPECT_THAT(text, HasSubstr("\npeer_observer_bus_" + std::string{line}));
}

} // namespace
} // namespace peer_observer::app
