// peer-observer-metrics: turns events into Prometheus metrics.
#include "libs/app/app.h"
#include "libs/app/bus_options.h"
#include "libs/app/known_peers.h"
#include "libs/app/metrics.h"
#include "libs/app/option_values.h"
#include "libs/app/signals.h"
#include "libs/asmap/options.h"
#include "libs/bus/subscriber.h"
#include "services/metrics/definitions.h"
#include "services/metrics/ip_lists/ip_lists.h"
#include "services/metrics/observer.h"
#include "services/metrics/series/registry.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace po = boost::program_options;
using namespace peer_observer;
using namespace std::chrono_literals;

constexpr auto kLongestWait = 100ms; // until a signal is noticed
constexpr auto kTick = 500ms;

po::options_description options()
{
    po::options_description own;
    auto add = own.add_options();
    add("ip-list", po::value<std::vector<std::string>>()->value_name("NAME=FILE")->default_value({}, ""),
        "count inbound connections from the addresses and networks in this file, one per line; read again on SIGHUP; "
        "may be repeated. Existing dashboards know banlist_gmax, banlist_monero, linkinglion and tor_exit");
    app::add_known_peers_option(own,
                                "that are left out of what is counted, or marked: all of them are counted by name");
    add("as-series", po::value<app::Count>()->default_value({50}),
        "number of autonomous systems with series of their own: the largest ones; all others are counted as `other`; "
        "needs --asmap");
    add("list-metrics", po::bool_switch(), "print all metrics with their types, labels and meanings, and exit");
    asmap::add_options(own);
    own.add(app::subscriber_options());
    return own;
}

std::unique_ptr<metrics::IpLists> read_ip_lists(const po::variables_map& values, metrics::Registry& registry)
try {
    return std::make_unique<metrics::IpLists>(values["ip-list"].as<std::vector<std::string>>(), registry);
} catch (const std::invalid_argument& error) {
    throw app::UsageError{fmt::format("--ip-list: {}", error.what())};
}

/// At the start, a file that cannot be read is a failure; later, the old list stays.
void read_known_peers(const po::variables_map& values, metrics::KnownPeersOption& option)
{
    option.peers = app::read_known_peers(values);
    ++option.version;
}

void reload_known_peers(const po::variables_map& values, metrics::KnownPeersOption& option)
try {
    if (!values.contains("known-peers")) return;
    read_known_peers(values, option);
    spdlog::info("the known peers were read again");
} catch (const std::runtime_error& error) {
    spdlog::error("the known peers stay as they were: {}", error.what());
}

metrics::AsOptions read_as_options(const po::variables_map& values, const asmap::AutonomousSystems* systems)
{
    const auto shown = values["as-series"].as<app::Count>().value;
    if (shown < 1 || shown > metrics::kMostAsSeries)
        throw app::UsageError{
            fmt::format("--as-series: {} is not a number from 1 to {}", shown, metrics::kMostAsSeries)};
    return {systems, shown};
}

void serve(const po::variables_map& values, app::Context& context)
{
    if (values["list-metrics"].as<bool>()) {
        fmt::print("{}\n{}\n{}\n{}\n{}", metrics::markdown_table(metrics::kTracepointDefinitions),
                   metrics::markdown_table(metrics::kRpcDefinitions), metrics::markdown_table(metrics::kLogDefinitions),
                   metrics::markdown_table(metrics::kP2pExtractorDefinitions),
                   metrics::markdown_table(metrics::kToolDefinitions));
        return;
    }
    app::ReloadSignal reload;
    metrics::Registry registry;
    const auto lists = read_ip_lists(values, registry);
    const auto systems = asmap::read(values);
    const auto as_options = read_as_options(values, systems.get());
    const auto bus_options = app::read_subscriber_options(values);
    bus::Subscriber subscriber{bus_options};
    app::log_notices(subscriber);

    metrics::KnownPeersOption known_peers;
    read_known_peers(values, known_peers);
    metrics::Observer observer{registry, *lists, as_options, metrics::Moment::now(), known_peers};
    const auto telemetry = app::serve_metrics(values, "metrics");
    if (!telemetry) throw app::UsageError{"--metrics-address must not be empty: it is where the metrics are"};
    app::add_subscriber_metrics(*telemetry, [&] { return subscriber.statistics(); });
    observer.bad_events().add_metrics(*telemetry);
    telemetry->add(registry.collectable());

    auto next_tick = std::chrono::steady_clock::now();
    context.ready();
    while (!context.stopping()) {
        const auto batch = subscriber.receive(kLongestWait);
        const auto now = metrics::Moment::now();
        if (batch) observer.observe(*batch, now);
        if (reload.take()) {
            lists->reload();
            asmap::reload(systems.get());
            reload_known_peers(values, known_peers);
        }
        if (now.steady < next_tick) continue;
        next_tick = now.steady + kTick;
        observer.tick(now);
        const auto statistics = subscriber.statistics();
        context.alive(fmt::format("{} events received, {} missed, {} sources connected", statistics.events,
                                  statistics.missed_events, statistics.connected_sources));
    }
}

} // namespace

int main(int argc, char** argv)
{
    const app::Service service{"metrics", "Turns events into Prometheus metrics.",
                               "peer-observer-metrics --source tcp://127.0.0.1:9331 --ip-list tor_exit=tor-exits.txt",
                               options(), "127.0.0.1:9332"};
    return app::run(argc, argv, service, serve);
}
