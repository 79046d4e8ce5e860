// peer-observer-rpc-extractor: queries a Bitcoin Core node by RPC for what tracepoints do not report, and publishes the
// answers.
#include "libs/app/app.h"
#include "libs/app/bus_options.h"
#include "libs/app/metrics.h"
#include "libs/app/option_values.h"
#include "libs/bus/publisher.h"
#include "services/rpc-extractor/poller.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <ranges>
#include <stdexcept>

namespace {

namespace po = boost::program_options;
using namespace peer_observer;
using namespace std::chrono_literals;
using app::Seconds;

constexpr auto kDefaultListen = "tcp://127.0.0.1:9333";

po::options_description options()
{
    po::options_description own{"RPC"};
    auto add = own.add_options();
    add("rpc-address", po::value<std::string>()->value_name("ADDRESS")->default_value("127.0.0.1:8332"),
        "where the node's RPC server listens: HOST:PORT or unix:PATH");
    add("cookie-file", po::value<std::string>()->value_name("FILE")->default_value("", ""),
        "the node's cookie file, such as ~/.bitcoin/.cookie; read for each call");
    add("rpc-user", po::value<std::string>()->value_name("NAME")->default_value("", ""),
        "user of the node's -rpcauth, instead of a cookie");
    add("rpc-password-file", po::value<std::string>()->value_name("FILE")->default_value("", ""),
        "file with the password of that user on one line; read for each call");
    add("disable", po::value<std::vector<std::string>>()->value_name("METHOD")->default_value({}, ""),
        "do not call this method (see --list-methods); repeatable");
    add("interval", po::value<std::vector<std::string>>()->value_name("METHOD=SECONDS")->default_value({}, ""),
        "call this method every SECONDS; repeatable");
    add("timeout", po::value<Seconds>()->default_value(Seconds{30s}, "30"), "timeout of a call, in seconds");
    add("list-methods", po::bool_switch(),
        "print the methods with their intervals and parameters, and the line of bitcoin.conf that allows them, and "
        "exit");
    own.add(app::publisher_options(kDefaultListen));
    return own;
}

std::vector<std::string_view> methods(const std::vector<rpc_extractor::PolledCall>& polled)
{
    std::vector<std::string_view> names;
    for (const auto& [call, interval] : polled)
        if (std::ranges::find(names, call->method) == names.end()) names.push_back(call->method);
    return names;
}

void check_method(const std::string& option, std::string_view method)
{
    if (std::ranges::find(rpc_extractor::calls(), method, &rpc_extractor::Call::method) == rpc_extractor::calls().end())
        throw app::UsageError{fmt::format("--{}: '{}' is not one of the methods of --list-methods", option, method)};
}

std::map<std::string, std::chrono::nanoseconds, std::less<>> read_intervals(const po::variables_map& values)
{
    std::map<std::string, std::chrono::nanoseconds, std::less<>> intervals;
    for (const auto& text : values["interval"].as<std::vector<std::string>>()) {
        const auto equals = text.find('=');
        check_method("interval", std::string_view{text}.substr(0, equals));
        boost::any seconds;
        try {
            app::validate(seconds, {equals == std::string::npos ? "" : text.substr(equals + 1)},
                          static_cast<Seconds*>(nullptr), 0);
        } catch (const po::error&) {
            throw app::UsageError{fmt::format("--interval: '{}' is not METHOD=SECONDS", text)};
        }
        intervals[text.substr(0, equals)] = boost::any_cast<Seconds>(seconds).value;
    }
    return intervals;
}

std::vector<rpc_extractor::PolledCall> read_calls(const po::variables_map& values)
{
    const auto& disabled = values["disable"].as<std::vector<std::string>>();
    for (const auto& method : disabled)
        check_method("disable", method);
    const auto intervals = read_intervals(values);
    std::vector<rpc_extractor::PolledCall> polled;
    for (const auto& call : rpc_extractor::calls()) {
        if (std::ranges::find(disabled, call.method) != disabled.end()) continue;
        const auto found = intervals.find(call.method);
        polled.push_back({&call, found == intervals.end() ? call.interval : found->second});
    }
    if (polled.empty()) throw app::UsageError{"--disable leaves no method"};
    return polled;
}

rpc_extractor::PollerOptions read_options(const po::variables_map& values)
{
    rpc_extractor::PollerOptions options;
    try {
        options.endpoint = rpc_extractor::Endpoint::parse(values["rpc-address"].as<std::string>());
    } catch (const std::invalid_argument& error) {
        throw app::UsageError{fmt::format("--rpc-address: {}", error.what())};
    }
    options.credentials = {values["cookie-file"].as<std::string>(), values["rpc-user"].as<std::string>(),
                           values["rpc-password-file"].as<std::string>()};
    const auto& [cookie_file, user, password_file] = options.credentials;
    if (user.empty() != password_file.empty()) throw app::UsageError{"--rpc-user and --rpc-password-file go together"};
    if (cookie_file.empty() == user.empty())
        throw app::UsageError{"either --cookie-file is needed, or --rpc-user and --rpc-password-file"};
    options.timeout = std::chrono::ceil<std::chrono::milliseconds>(values["timeout"].as<Seconds>().value);
    options.calls = read_calls(values);
    return options;
}

void list_methods(const std::vector<rpc_extractor::PolledCall>& polled)
{
    for (const auto& [call, interval] : polled)
        fmt::print("{:18} {:>6} s  {}\n", call->method, std::chrono::duration<double>{interval}.count(), call->params);
    fmt::print("\nrpcwhitelist=USER:{}\n", fmt::join(methods(polled), ","));
}

void extract(const po::variables_map& values, app::Context& context)
{
    if (values["list-methods"].as<bool>()) return list_methods(read_calls(values));

    const auto options = read_options(values);
    bus::Publisher publisher{app::read_publisher_options(values)};
    app::log_notices(publisher);
    spdlog::info("publishing on {}", publisher.url());
    rpc_extractor::Metrics metrics;
    const auto telemetry = app::serve_metrics(values, "rpc-extractor");
    if (telemetry) {
        app::add_publisher_metrics(*telemetry, [&] { return publisher.statistics(); });
        telemetry->add(metrics.collectable());
    }
    rpc_extractor::Poller poller{options, publisher, metrics};
    poller.run(context);
}

} // namespace

int main(int argc, char** argv)
{
    const app::Service service{
        "rpc-extractor",
        "Queries a Bitcoin Core node by RPC for what tracepoints do not report, and publishes the answers.",
        "peer-observer-rpc-extractor --cookie-file /home/bitcoin/.bitcoin/.cookie --node alpha", options()};
    return app::run(argc, argv, service, extract);
}
