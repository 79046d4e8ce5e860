// peer-observer-addr-connectivity: checks whether the addresses that peers announce are reachable.
#include "libs/app/app.h"
#include "libs/app/bus_options.h"
#include "libs/app/metrics.h"
#include "libs/app/option_values.h"
#include "libs/app/signals.h"
#include "libs/asmap/options.h"
#include "libs/base/descriptors.h"
#include "libs/base/host_port.h"
#include "libs/p2p/options.h"
#include "services/addr-connectivity/metrics.h"
#include "services/addr-connectivity/probe.h"
#include "services/addr-connectivity/service.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace {

namespace po = boost::program_options;
using namespace peer_observer;
using namespace addr_connectivity;
using app::Count;
using app::Seconds;
using app::UsageError;
using Strings = std::vector<std::string>;

constexpr auto kDefaultUrl = "tcp://127.0.0.1:9334";
constexpr auto kDefaultName = "addr-connectivity";
constexpr auto kTlsScheme = "tls+tcp://";
/// For everything but checks: subscribers, sources, DNS, the cache, the metrics endpoint.
constexpr std::size_t kOtherFileDescriptors = 100;

auto count(std::uint64_t value) { return po::value<Count>()->default_value(Count{value}); }

auto seconds(int value)
{
    return po::value<Seconds>()->default_value(Seconds{std::chrono::seconds{value}}, std::to_string(value));
}

auto strings(const char* name) { return po::value<Strings>()->value_name(name)->default_value({}, ""); }

auto text(const char* name) { return po::value<std::string>()->value_name(name); }

po::options_description bus_options()
{
    auto options = app::subscriber_options();
    auto add = options.add_options();
    add("listen", text("URL")->default_value(kDefaultUrl),
        "publish results on this URL: tcp://HOST:PORT, ipc://PATH or tls+tcp://HOST:PORT; port 0 picks a free one");
    add("publish-as", text("NAME")->default_value(kDefaultName), "name that the results carry in place of a node's");
    return options;
}

po::options_description probe_options()
{
    po::options_description options{"Instead of the above"};
    options.add_options()("probe", po::value<Strings>()->multitoken()->value_name("HOST:PORT..."),
                          "check only these addresses, one after the other, print each step, and exit");
    return options;
}

po::options_description check_options()
{
    po::options_description options{"What is checked, and how"};
    p2p::add_chain_options(options);
    auto add = options.add_options();
    add("only-network", strings("NETWORK"),
        "ipv4, ipv6, onion, i2p or cjdns; may be repeated (default: ipv4, ipv6, and the networks that have a proxy)");
    add("proxy", text("HOST:PORT"), "SOCKS5 proxy for IPv4 and IPv6");
    add("onion-proxy", text("HOST:PORT"), "SOCKS5 proxy of Tor, for onion addresses");
    add("i2p-proxy", text("HOST:PORT"), "SOCKS5 proxy of an I2P router, for I2P addresses");
    add("user-agent", text("TEXT")->default_value("/peer-observer:" PEER_OBSERVER_VERSION "/"),
        "user agent to send; at most 256 bytes");
    add("connect-timeout", seconds(20), "seconds to wait for the TCP connection, including the proxy");
    add("handshake-timeout", seconds(20), "seconds to wait after that for the complete version message");
    add("allow-cidr", strings("CIDR"),
        "check addresses in this range even if it is private or otherwise special; may be repeated");
    add("deny-cidr", strings("CIDR"), "never check addresses in this range; may be repeated");
    add("allow-port", strings("PORT"), "PORT or FIRST-LAST: check it even if the deny list has it; may be repeated");
    add("deny-port", strings("PORT"), "PORT or FIRST-LAST: never check it; may be repeated");
    add("dns-server", strings("HOST:PORT"), "DNS server for --dns-seed and --ptr-names; may be repeated");
    add("dns-seed", strings("NAME[:PORT]"), "also check the addresses that this DNS seed returns; may be repeated");
    add("dns-seed-seconds", seconds(3600), "seconds between two queries of a DNS seed");
    add("ptr-names", po::bool_switch(), "look up the DNS names of hosts that accepted a connection");
    return options;
}

po::options_description limit_options()
{
    po::options_description options{"Limits"};
    auto add = options.add_options();
    add("max-in-flight", count(200), "maximum number of concurrent checks");
    add("max-per-second", count(20), "maximum number of checks started per second");
    add("limit-seconds", seconds(3600), "seconds to which the next four limits apply");
    add("max-per-host", count(4),
        "maximum number of checks per IPv4 address, IPv6 /64, onion, I2P or CJDNS address, at any port");
    add("max-per-netgroup", count(256), "maximum number of checks per netgroup: IPv4 /16, or /32 of IPv6 or CJDNS");
    add("max-per-as", count(1024), "maximum number of checks per autonomous system; needs --asmap");
    add("max-per-announcer", count(1200), "maximum number of queued addresses per announcing host or DNS seed");
    add("max-in-flight-per-netgroup", count(8),
        "maximum number of concurrent checks per netgroup; a host has at most one");
    add("max-in-flight-per-as", count(32), "maximum number of concurrent checks per autonomous system");
    add("recheck-seconds", seconds(86400), "seconds until an address is checked again, plus or minus a quarter");
    add("queue-size", count(20000), "maximum number of queued addresses");
    add("cache-size", count(200000), "maximum number of cached results");
    add("cache-file", text("FILE"), "SQLite file that keeps the results across restarts");
    add("report-seconds", seconds(60), "seconds between two reports about one announcer");
    asmap::add_options(options);
    return options;
}

std::uint64_t number(const po::variables_map& values, const std::string& option, std::uint64_t most)
{
    const auto value = values[option].as<Count>().value;
    if (value < 1 || value > most)
        throw UsageError{fmt::format("--{}: {} is not a number from 1 to {}", option, value, most)};
    return value;
}

template <typename Duration>
Duration span(const po::variables_map& values, const std::string& option)
{
    return std::chrono::ceil<Duration>(values[option].as<Seconds>().value);
}

/// Calls `use` with each value of the option; what it throws becomes a UsageError.
template <typename Use>
void each(const po::variables_map& values, const std::string& option, Use use)
{
    for (const auto& value : values[option].as<Strings>()) {
        try {
            use(value);
        } catch (const std::invalid_argument& error) {
            throw UsageError{fmt::format("--{}: {}", option, error.what())};
        }
    }
}

base::IpNetwork read_network(const std::string& text)
{
    auto network = base::IpNetwork::parse(text);
    if (!network) throw std::invalid_argument{fmt::format("'{}' {}", text, network.error())};
    return *network;
}

std::optional<Address> read_proxy(const po::variables_map& values, const std::string& option)
{
    if (!values.contains(option)) return std::nullopt;
    const auto parsed = base::parse_host_port(values[option].as<std::string>());
    if (!parsed) throw UsageError{fmt::format("--{}: {}", option, parsed.error())};
    return to_address(parsed->host, parsed->port);
}

PolicyOptions read_policy(const po::variables_map& values)
{
    PolicyOptions policy;
    policy.networks = {true, true, values.contains("onion-proxy"), values.contains("i2p-proxy"), false};
    if (const auto only = values["only-network"].as<Strings>(); !only.empty()) policy.networks = {};
    each(values, "only-network", [&](const std::string& name) {
        const auto* const found = std::ranges::find(kNetworkNames, name);
        if (found == kNetworkNames.end()) throw std::invalid_argument{"no network has the name '" + name + "'"};
        if ((name == "onion" || name == "i2p") && !values.contains(name + "-proxy"))
            throw std::invalid_argument{fmt::format("{} needs --{}-proxy", name, name)};
        policy.networks.at(static_cast<std::size_t>(found - kNetworkNames.begin())) = true;
    });
    each(values, "allow-cidr", [&](const std::string& cidr) { policy.allowed.push_back(read_network(cidr)); });
    each(values, "deny-cidr", [&](const std::string& cidr) { policy.denied.push_back(read_network(cidr)); });
    policy.denied_ports = default_denied_ports();
    each(values, "allow-port", [&](const std::string& ports) { set_ports(policy.denied_ports, ports, false); });
    each(values, "deny-port", [&](const std::string& ports) { set_ports(policy.denied_ports, ports, true); });
    return policy;
}

LimitOptions read_limits(const po::variables_map& values)
{
    LimitOptions limits;
    limits.in_flight = number(values, "max-in-flight", 100'000);
    limits.per_second = number(values, "max-per-second", 10'000);
    limits.span = span<Clock::duration>(values, "limit-seconds");
    limits.per_host = number(values, "max-per-host", 1'000'000);
    limits.per_netgroup = number(values, "max-per-netgroup", 1'000'000);
    limits.per_as = number(values, "max-per-as", 1'000'000);
    limits.per_announcer = number(values, "max-per-announcer", 1'000'000);
    limits.netgroup_in_flight = number(values, "max-in-flight-per-netgroup", 100'000);
    limits.as_in_flight = number(values, "max-in-flight-per-as", 100'000);
    const auto span_s = std::chrono::duration<double>{limits.span}.count();
    if (static_cast<double>(limits.per_second) * span_s > static_cast<double>(kMaxRememberedChecks))
        throw UsageError{fmt::format("--max-per-second times --limit-seconds is more than {}", kMaxRememberedChecks)};
    return limits;
}

DnsOptions read_dns(const po::variables_map& values)
{
    DnsOptions dns;
    each(values, "dns-server", [&](const std::string& server) {
        const auto parsed = base::parse_host_port(server);
        if (!parsed) throw std::invalid_argument{parsed.error()};
        dns.servers.push_back(base::to_string(*parsed));
    });
    each(values, "dns-seed", [&](const std::string& seed) {
        DnsOptions::Seed read{.name = seed, .port = p2p::read_chain(values).port};
        if (const auto colon = seed.find(':'); colon != std::string::npos) {
            read.name = seed.substr(0, colon);
            const auto address = parse_address("0.0.0.0" + seed.substr(colon));
            if (!address) throw std::invalid_argument{fmt::format("'{}' is not NAME or NAME:PORT", seed)};
            read.port = address->port;
        }
        if (read.name.empty()) throw std::invalid_argument{fmt::format("'{}' has no name", seed)};
        dns.seeds.push_back(read);
    });
    dns.seed_interval = values["dns-seed-seconds"].as<Seconds>().value;
    dns.ptr_names = values["ptr-names"].as<bool>();
    if (dns.servers.empty() && (!dns.seeds.empty() || dns.ptr_names))
        throw UsageError{"--dns-seed and --ptr-names need --dns-server"};
    return dns;
}

CheckerOptions read_checker(const po::variables_map& values)
{
    CheckerOptions checker;
    checker.magic = p2p::read_magic(values);
    checker.user_agent = values["user-agent"].as<std::string>();
    if (checker.user_agent.size() > 256) throw UsageError{"--user-agent: more than 256 bytes"};
    const auto proxy = read_proxy(values, "proxy");
    checker.proxies = {proxy, proxy, read_proxy(values, "onion-proxy"), read_proxy(values, "i2p-proxy"), std::nullopt};
    checker.connect_timeout = span<std::chrono::milliseconds>(values, "connect-timeout");
    checker.handshake_timeout = span<std::chrono::milliseconds>(values, "handshake-timeout");
    return checker;
}

ServiceOptions read_service(const po::variables_map& values)
{
    ServiceOptions options{.checker = read_checker(values), .intake = {}, .dns = {}};
    options.intake.limits = read_limits(values);
    options.intake.queue = number(values, "queue-size", 1'000'000);
    options.intake.recheck = span<std::chrono::seconds>(values, "recheck-seconds");
    options.intake.announcers.interval = span<Clock::duration>(values, "report-seconds");
    options.dns = read_dns(values);
    return options;
}

/// Each check needs one. Throws std::runtime_error where the system does not give as many.
void raise_file_descriptor_limit(std::size_t in_flight)
{
    const auto needed = in_flight + kOtherFileDescriptors;
    const auto limit = base::raise_descriptor_limit(needed);
    if (limit < needed)
        throw std::runtime_error{
            fmt::format("--max-in-flight {} needs {} file descriptors; the limit is {}", in_flight, needed, limit)};
}

void print_line(const std::string& line)
{
    fmt::print("{}\n", line);
    (void)std::fflush(stdout); // each step as it happens
}

/// --probe.
void check_only(const po::variables_map& values, app::Context& context)
{
    const auto options = read_checker(values);
    std::vector<Address> addresses;
    each(values, "probe", [&](const std::string& target) {
        if (options.proxies[index(Network::ipv4)] && !parse_address(target))
            throw std::invalid_argument{
                fmt::format("'{}' is not ADDRESS:PORT; with --proxy, names are not looked up", target)};
        for (const auto& address : read_target(target)) {
            const bool needs_proxy = address.network == Network::onion || address.network == Network::i2p;
            if (needs_proxy && !options.proxies[index(address.network)])
                throw std::invalid_argument{
                    fmt::format("{} needs --{}-proxy", target, kNetworkNames[index(address.network)])};
            addresses.push_back(address);
        }
    });
    const auto good = probe(addresses, options, [&] { return context.stopping(); }, print_line);
    if (good < addresses.size())
        throw app::IncompleteError{fmt::format("{} of {} addresses did not answer as a node of the network",
                                               addresses.size() - good, addresses.size())};
}

void serve(const po::variables_map& values, app::Context& context)
{
    if (values.contains("probe")) return check_only(values, context);
    app::ReloadSignal reload_signal;
    auto options = read_service(values);
    options.intake.systems = asmap::read(values);
    const Policy policy{read_policy(values)};
    const auto cache_size = number(values, "cache-size", 10'000'000);
    const auto& url = values["listen"].as<std::string>();
    const auto& sources = values["source"].as<Strings>();
    auto urls = sources;
    urls.push_back(url);
    const auto tls = app::read_tls_options(values, urls);
    const bool source_tls =
        std::ranges::any_of(sources, [](const auto& source) { return source.starts_with(kTlsScheme); });

    raise_file_descriptor_limit(options.intake.limits.in_flight);
    Counters counters;
    Cache cache{values.contains("cache-file") ? values["cache-file"].as<std::string>() : "", cache_size};
    bus::Publisher publisher{{.url = url,
                              .node = values["publish-as"].as<std::string>(),
                              .tls = url.starts_with(kTlsScheme) ? tls : std::nullopt}};
    app::log_notices(publisher);
    spdlog::info("publishing on {}", publisher.url());
    bus::Subscriber subscriber{{.sources = sources,
                                .nodes = values.contains("node") ? values["node"].as<Strings>() : Strings{},
                                .tls = source_tls ? tls : std::nullopt}};
    app::log_notices(subscriber);
    Service service{options, policy, cache, counters, subscriber, publisher};
    const auto telemetry = app::serve_metrics(values, "addr-connectivity");
    if (telemetry) {
        app::add_subscriber_metrics(*telemetry, [&] { return subscriber.statistics(); });
        app::add_publisher_metrics(*telemetry, [&] { return publisher.statistics(); });
        add_metrics(*telemetry, counters);
        service.bad_events().add_metrics(*telemetry);
    }
    service.run(context, [&] {
        if (reload_signal.take()) asmap::reload(options.intake.systems.get());
    });
}

} // namespace

int main(int argc, char** argv)
{
    po::options_description options;
    options.add(bus_options()).add(probe_options()).add(check_options()).add(limit_options());
    const app::Service service{
        .name = "addr-connectivity",
        .description = "Checks whether the addresses that peers announce are reachable, and publishes what it finds.",
        .example = "peer-observer-addr-connectivity --onion-proxy 127.0.0.1:9050 --cache-file results.sqlite",
        .options = options,
    };
    return app::run(argc, argv, service, serve);
}
