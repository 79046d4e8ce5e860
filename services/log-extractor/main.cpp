// peer-observer-log-extractor: follows the debug.log of a Bitcoin Core node, and publishes its lines as events.
#include "libs/app/app.h"
#include "libs/app/bus_options.h"
#include "libs/app/metrics.h"
#include "libs/bus/publisher.h"
#include "services/log-extractor/extractor.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace {

namespace po = boost::program_options;
using namespace peer_observer;

constexpr auto kDefaultListen = "tcp://127.0.0.1:9337";

po::options_description options()
{
    po::options_description own{"Log"};
    auto add = own.add_options();
    add("debug-log", po::value<std::string>()->value_name("PATH"),
        "the node's debug.log, such as ~/.bitcoin/debug.log, or a FIFO that the node writes to; - is standard input");
    add("from-start", po::bool_switch(),
        "also publish the lines that are already in the log (default: start with the next line)");
    add("state-file", po::value<std::string>()->value_name("FILE")->default_value("", ""),
        "file with the position up to which the log was published; after a restart, continue from there");
    add("thread-names", po::value<std::string>()->value_name("auto|on|off")->default_value("auto"),
        "whether the node runs with -logthreadnames; auto learns it from the log");
    own.add(app::publisher_options(kDefaultListen));
    return own;
}

log_extractor::PrefixParser::ThreadNames read_thread_names(const std::string& text)
{
    using enum log_extractor::PrefixParser::ThreadNames;
    if (text == "auto") return unknown;
    if (text == "on") return on;
    if (text == "off") return off;
    throw app::UsageError{fmt::format("--thread-names: '{}' is not auto, on or off", text)};
}

log_extractor::ExtractorOptions read_options(const po::variables_map& values)
{
    if (!values.contains("debug-log")) throw app::UsageError{"--debug-log is needed"};
    return {.log = values["debug-log"].as<std::string>(),
            .state_file = values["state-file"].as<std::string>(),
            .start = values["from-start"].as<bool>() ? log_extractor::Start::beginning : log_extractor::Start::end,
            .thread_names = read_thread_names(values["thread-names"].as<std::string>())};
}

void extract(const po::variables_map& values, app::Context& context)
{
    const auto options = read_options(values);
    bus::Publisher publisher{app::read_publisher_options(values)};
    app::log_notices(publisher);
    spdlog::info("publishing on {}", publisher.url());
    log_extractor::Metrics metrics;
    log_extractor::Extractor extractor{options, publisher, metrics};
    const auto telemetry = app::serve_metrics(values, "log-extractor");
    if (telemetry) {
        app::add_publisher_metrics(*telemetry, [&] { return publisher.statistics(); });
        metrics.add_to(*telemetry);
    }
    extractor.run(context);
}

} // namespace

int main(int argc, char** argv)
{
    const app::Service service{
        "log-extractor", "Follows the debug.log of a Bitcoin Core node, and publishes its lines as events.",
        "peer-observer-log-extractor --debug-log /home/bitcoin/.bitcoin/debug.log --node alpha", options()};
    return app::run(argc, argv, service, extract);
}
