// peer-observer-detector: names attacks and other anomalies in the events of one or many nodes.
#include "libs/app/app.h"
#include "libs/app/bus_options.h"
#include "libs/app/metrics.h"
#include "libs/app/options.h"
#include "libs/app/signals.h"
#include "libs/asmap/options.h"
#include "libs/bus/publisher.h"
#include "libs/bus/subscriber.h"
#include "libs/print/json.h"
#include "services/detector/engine.h"
#include "services/detector/metrics.h"
#include "services/detector/settings.h"
#include "services/detector/webhook.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

namespace po = boost::program_options;
using namespace peer_observer;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kLongestWait = 100ms; // until a signal is noticed
constexpr auto kTick = 1s;
constexpr auto kLastPosts = 5s; // at the end
constexpr auto kIdle = 2s;      // anomalies wait for later events not longer than that

app::Service make_service()
{
    app::Service service{"detector",
                         "Detects attacks and other anomalies in the events of one or more nodes.",
                         "peer-observer-detector --source tcp://127.0.0.1:9331 --listen tcp://127.0.0.1:9335",
                         {}};
    auto add = service.options.add_options();
    add("listen", po::value<std::string>()->value_name("URL")->default_value("tcp://127.0.0.1:9335"),
        "publish anomalies on this URL: tcp://HOST:PORT, ipc://PATH or tls+tcp://HOST:PORT; port 0 picks a free one");
    add("name", po::value<std::string>()->value_name("NAME")->default_value("detector"),
        "name that the anomalies carry in place of a node's");
    add("webhook", po::value<std::string>()->value_name("URL"),
        "also post each report of an anomaly to this URL (http:// or https://), as the logger's JSON; failed posts are "
        "retried for ten minutes");
    add("list-thresholds", po::bool_switch(), "print all thresholds and where they come from, and exit");
    asmap::add_options(service.options);
    service.options.add(app::subscriber_options());
    service.options.add(detector::detector_options());
    return service;
}

bool is_tls(const std::string& url) { return url.starts_with("tls+tcp://"); }

bus::PublisherOptions read_publisher(const po::variables_map& values)
{
    bus::PublisherOptions options{.url = values["listen"].as<std::string>(), .node = values["name"].as<std::string>()};
    if (is_tls(options.url)) options.tls = app::read_tls_options(values, {options.url});
    return options;
}

bus::SubscriberOptions read_subscriber(const po::variables_map& values)
{
    bus::SubscriberOptions options{.sources = values["source"].as<std::vector<std::string>>()};
    if (values.contains("node")) options.nodes = values["node"].as<std::vector<std::string>>();
    auto urls = options.sources;
    urls.push_back(values["listen"].as<std::string>());
    const auto tls = app::read_tls_options(values, urls);
    if (std::ranges::any_of(options.sources, is_tls)) options.tls = tls;
    return options;
}

/// What the command line, the config file and the file of known peers say now. A mistake in one changes nothing.
void reload(int argc, char** argv, detector::Settings& settings)
try {
    settings.assign(detector::read_settings(app::parse_options(argc, argv, make_service()).values));
    spdlog::info("the thresholds were read again");
} catch (const std::exception& error) { // of a file, or wrong usage
    spdlog::error("the thresholds stay as they were: {}", error.what());
}

std::unique_ptr<detector::Webhook> make_webhook(const po::variables_map& values)
try {
    if (!values.contains("webhook")) return nullptr;
    return std::make_unique<detector::Webhook>(detector::Webhook::Options{.url = values["webhook"].as<std::string>()},
                                               [](const std::string& text) { spdlog::warn("{}", text); });
} catch (const std::invalid_argument& error) {
    throw app::UsageError{fmt::format("--webhook: {}", error.what())};
}

/// Without the number of the publisher, which only the bus knows.
std::string as_json(const std::string& event, const po::variables_map& values, std::uint64_t sequence)
{
    proto::Event parsed;
    std::string json;
    if (parsed.ParseFromString(event))
        print::append_json({.node = values["name"].as<std::string>(), .sequence = sequence}, parsed, json);
    return json;
}

void serve(const po::variables_map& values, app::Context& context, int argc, char** argv)
{
    if (values["list-thresholds"].as<bool>()) {
        fmt::print("{}", detector::thresholds_table());
        return;
    }
    app::ReloadSignal reload_signal;
    auto settings = detector::read_settings(values);
    settings.systems = asmap::read(values);
    bus::Publisher publisher{read_publisher(values)};
    app::log_notices(publisher);
    spdlog::info("publishing on {}", publisher.url());
    bus::Subscriber subscriber{read_subscriber(values)};
    app::log_notices(subscriber);
    const auto webhook = make_webhook(values);
    std::uint64_t sequence = 0; // of the next anomaly on the bus
    detector::Engine engine{settings,
                            [&](const std::string& event) {
                                if (webhook) webhook->post(as_json(event, values, sequence));
                                ++sequence;
                                if (!publisher.add(event))
                                    spdlog::warn("an anomaly is larger than what the bus takes, and was not published");
                            },
                            [](const std::string& text) { spdlog::warn("{}", text); }};

    const auto telemetry = app::serve_metrics(values, "detector");
    if (telemetry) {
        app::add_subscriber_metrics(*telemetry, [&] { return subscriber.statistics(); });
        app::add_publisher_metrics(*telemetry, [&] { return publisher.statistics(); });
        detector::add_metrics(*telemetry, engine.counters());
        engine.bad_events().add_metrics(*telemetry);
        if (webhook) detector::add_metrics(*telemetry, *webhook);
    }
    context.ready();
    auto last_event = Clock::now();
    auto next_tick = Clock::now();
    while (!context.stopping()) {
        const auto batch = subscriber.receive(kLongestWait);
        const auto now = Clock::now();
        if (batch && engine.observe(*batch)) last_event = now;
        if (now - last_event > kIdle) engine.idle();
        publisher.flush();
        if (reload_signal.take()) {
            reload(argc, argv, settings);
            asmap::reload(settings.systems.get());
        }
        if (now < next_tick) continue;
        next_tick = now + kTick;
        engine.count();
        context.alive(fmt::format("{} events seen, {} anomalies published", engine.counters().events.load(),
                                  publisher.statistics().events));
    }
    engine.idle();
    publisher.flush();
    if (webhook) webhook->drain(kLastPosts);
}

} // namespace

int main(int argc, char** argv)
{
    return app::run(argc, argv, make_service(), [&](const po::variables_map& values, app::Context& context) {
        serve(values, context, argc, argv);
    });
}
