// peer-observer-web: a node's peers in a browser, and a JSON API.
#include "libs/app/app.h"
#include "libs/app/bus_options.h"
#include "libs/app/metrics.h"
#include "libs/app/signals.h"
#include "libs/asmap/options.h"
#include "libs/base/descriptors.h"
#include "libs/base/host_port.h"
#include "libs/base/ip.h"
#include "libs/bus/subscriber.h"
#include "services/web/archive/archived.h"
#include "services/web/http/server.h"
#include "services/web/live.h"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace po = boost::program_options;
using namespace peer_observer;
using namespace std::chrono_literals;

constexpr auto kLongestWait = 50ms; // until the feed moves
constexpr auto kTick = 100ms;
using Strings = std::vector<std::string>;

po::options_description options()
{
    po::options_description own;
    auto add = own.add_options();
    add("http-address", po::value<std::string>()->default_value("127.0.0.1:9380")->value_name("HOST:PORT"),
        "serve the pages and the API here; port 0 picks a free one");
    add("archive", po::value<std::string>()->value_name("DIR"),
        "show the archives below this directory at any of their moments, instead of what publishers send now");
    add("access", po::value<std::string>()->default_value("full")->value_name("WHAT"),
        "full or public; public leaves out all by which a peer could find out that this node is watched");
    add("password-file", po::value<std::string>()->value_name("FILE"),
        "ask for a name and a password: lines NAME:HASH, hashes of mkpasswd or htpasswd -B; read at the start");
    add("host", po::value<Strings>()->value_name("NAME")->default_value({}, ""),
        "a name by which browsers may call this service besides localhost, such as that of a reverse proxy; may be "
        "repeated");
    add("pages", po::value<std::string>()->default_value("", "those of the program")->value_name("DIR"),
        "serve the pages in this directory, for those who write pages");
    asmap::add_options(own);
    own.add(app::subscriber_options());
    return own;
}

web::Access read_access(const po::variables_map& values)
{
    const auto& access = values["access"].as<std::string>();
    if (access == "full") return web::Access::full;
    if (access == "public") return web::Access::open_to_all;
    throw app::UsageError{fmt::format("--access: '{}' is not full or public", access)};
}

base::HostPort read_address(const po::variables_map& values, web::Access access)
{
    const auto address = base::parse_host_port(values["http-address"].as<std::string>());
    if (!address) throw app::UsageError{fmt::format("--http-address: {}", address.error())};
    const auto ip = base::parse_ip(address->host);
    if (access == web::Access::full && !values.contains("password-file") && (!ip || !base::is_loopback(*ip)))
        throw app::UsageError{fmt::format("--http-address {}: beyond this host, full access needs --password-file; "
                                          "or use --access public",
                                          base::to_string(*address))};
    return *address;
}

web::Guard make_guard(const po::variables_map& values, const base::HostPort& address)
{
    auto hosts = values["host"].as<Strings>();
    hosts.push_back(address.host);
    std::optional<web::Passwords> passwords;
    if (values.contains("password-file")) passwords.emplace(values["password-file"].as<std::string>());
    return {std::move(hosts), std::move(passwords)};
}

void add_metrics(telemetry::Telemetry& telemetry, const web::Server& server)
{
    const auto add = [&](const char* name, const char* help, telemetry::MetricType type,
                         std::uint64_t web::ClientStatistics::* figure) {
        telemetry.add(name, help, type, [&server, figure] { return static_cast<double>(server.statistics().*figure); });
    };
    using enum telemetry::MetricType;
    add("peer_observer_web_connections", "Connections of browsers and scripts.", gauge,
        &web::ClientStatistics::connections);
    add("peer_observer_web_streams", "Readers of the live feed.", gauge, &web::ClientStatistics::streams);
    add("peer_observer_web_requests_total", "Requests.", counter, &web::ClientStatistics::requests);
    add("peer_observer_web_refused_total", "Connections, requests and streams beyond a limit.", counter,
        &web::ClientStatistics::refused);
}

/// What serves, whatever it serves from.
struct Site {
    explicit Site(const po::variables_map& values)
        : access{read_access(values)}, address{read_address(values, access)}, guard{make_guard(values, address)},
          pages{values["pages"].as<std::string>()}, systems{asmap::read(values)}
    {
        base::raise_descriptor_limit(limits.connections + 500 + 2 * values["source"].as<Strings>().size());
    }

    app::ReloadSignal reload; // first: SIGHUP ends a program that is not prepared for it
    web::ServerLimits limits;
    web::Access access;
    base::HostPort address;
    web::Guard guard;
    web::Pages pages;
    std::shared_ptr<asmap::AutonomousSystems> systems;
    app::BadEvents bad_events;
};

/// Serves until the service is to stop. `step` waits a little for what is new.
template <typename Backend, typename Step>
void run(const po::variables_map& values, app::Context& context, Site& site, Backend& backend,
         const bus::Subscriber* subscriber, Step step)
{
    const web::Server server{site.address, backend, std::move(site.guard), std::move(site.pages), site.limits};
    const auto telemetry = app::serve_metrics(values, "web");
    if (telemetry) {
        if (subscriber != nullptr) app::add_subscriber_metrics(*telemetry, [&] { return subscriber->statistics(); });
        site.bad_events.add_metrics(*telemetry);
        add_metrics(*telemetry, server);
    }
    spdlog::info("serving on http://{}/", base::to_string(server.address()));
    context.ready();

    auto next_tick = std::chrono::steady_clock::now();
    while (!context.stopping()) {
        const auto what = step();
        if (site.reload.take()) backend.locked([&] { asmap::reload(site.systems.get()); });
        if (std::chrono::steady_clock::now() < next_tick) continue;
        next_tick = std::chrono::steady_clock::now() + kTick;
        backend.tick();
        const auto clients = server.statistics();
        context.alive(fmt::format("{}, {} connections, {} streams", what(), clients.connections, clients.streams));
    }
}

void serve_archive(const po::variables_map& values, app::Context& context)
{
    if (!values["source"].defaulted())
        throw app::UsageError{"--archive and --source: it shows archives, or what publishers send"};
    Site site{values};
    web::Archived archived{values["archive"].as<std::string>(), site.systems.get(), site.access, site.bad_events};
    spdlog::info("{} files of archives", archived.files());
    run(values, context, site, archived, nullptr, [&] {
        pollfd stop{.fd = context.stop_fd(), .events = POLLIN, .revents = 0};
        (void)poll(&stop, 1, static_cast<int>(kTick.count()));
        return [&] { return fmt::format("{} files of archives", archived.files()); };
    });
}

void serve(const po::variables_map& values, app::Context& context)
{
    if (values.contains("archive")) return serve_archive(values, context);
    Site site{values};
    bus::Subscriber subscriber{app::read_subscriber_options(values)};
    app::log_notices(subscriber);
    web::Live live{site.systems.get(), site.access, subscriber, site.bad_events};
    run(values, context, site, live, &subscriber, [&] {
        if (const auto batch = subscriber.receive(kLongestWait)) live.add(*batch);
        return [&] {
            const auto statistics = subscriber.statistics();
            return fmt::format("{} events received, {} missed", statistics.events, statistics.missed_events);
        };
    });
}

} // namespace

int main(int argc, char** argv)
{
    const app::Service service{"web", "Shows a node's peers in a browser, and answers to scripts.",
                               "peer-observer-web --source tcp://127.0.0.1:9331 --asmap ip_asn.dat", options()};
    return app::run(argc, argv, service, serve);
}
