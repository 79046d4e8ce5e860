// peer-observer-logger: the events of one or many nodes on stdout.
#include "libs/app/app.h"
#include "libs/app/bus_options.h"
#include "libs/app/metrics.h"
#include "libs/app/option_values.h"
#include "libs/print/filter.h"
#include "services/logger/logger.h"

#include <cstdlib>
#include <stdexcept>

#include <boost/program_options.hpp>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace {

using namespace peer_observer;
namespace po = boost::program_options;
using Strings = std::vector<std::string>;

app::Service make_service()
{
    app::Service service{
        .name = "logger",
        .description = "Prints the events of one or many nodes, one line an event.",
        .example = "peer-observer-logger --kind message --message-type inv --format json | jq .event",
    };
    auto add = service.options.add_options();
    add("format", po::value<std::string>()->value_name("FORMAT")->default_value("text"),
        "text (short, for people), json (everything, an object a line) or protobuf (EventBatch, each behind its length "
        "as "
        "a varint)");
    add("kind", po::value<Strings>()->value_name("KIND"),
        "print this kind of event only, like mempool or mempool.rejected; may be repeated");
    add("message-type", po::value<Strings>()->value_name("TYPE"),
        "print only P2P messages of this type, like inv; may be repeated");
    add("direction", po::value<std::string>()->value_name("DIRECTION"),
        "print only messages and new connections that are inbound, or that are outbound");
    add("peer", po::value<std::vector<std::int64_t>>()->value_name("ID"),
        "print only what this peer of the node has to do with; may be repeated");
    add("count", po::value<app::Count>()->value_name("N"), "end after N printed events");
    add("duration", po::value<app::Seconds>()->value_name("SECONDS"), "end after so many seconds");
    service.options.add(app::subscriber_options());
    return service;
}

logger::Format read_format(const po::variables_map& values)
{
    const auto& format = values["format"].as<std::string>();
    if (format == "text") return logger::Format::text;
    if (format == "json") return logger::Format::json;
    if (format == "protobuf") return logger::Format::protobuf;
    throw app::UsageError("--format takes text, json or protobuf, not '" + format + "'");
}

print::Filter read_filter(const po::variables_map& values)
{
    print::FilterOptions options;
    if (values.contains("kind")) options.kinds = values["kind"].as<Strings>();
    if (values.contains("message-type")) options.message_types = values["message-type"].as<Strings>();
    if (values.contains("direction")) options.direction = values["direction"].as<std::string>();
    if (values.contains("peer")) options.peers = values["peer"].as<std::vector<std::int64_t>>();
    try {
        return print::Filter{std::move(options)};
    } catch (const std::invalid_argument& error) {
        throw app::UsageError(error.what());
    }
}

logger::Limits read_limits(const po::variables_map& values)
{
    logger::Limits limits;
    if (values.contains("count")) limits.events = values["count"].as<app::Count>().value;
    if (values.contains("duration")) limits.duration = values["duration"].as<app::Seconds>().value;
    return limits;
}

bool wants_colour()
{
    const char* no_color = std::getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

void run(const po::variables_map& values, app::Context& context)
{
    logger::BatchPrinter printer{read_format(values), read_filter(values), wants_colour()};
    const auto limits = read_limits(values);
    bus::Subscriber subscriber{app::read_subscriber_options(values)};
    app::log_notices(subscriber);
    logger::Logger logger{subscriber, std::move(printer), STDOUT_FILENO, context};

    const auto telemetry = app::serve_metrics(values, "logger");
    if (telemetry) {
        app::add_subscriber_metrics(*telemetry, [&] { return subscriber.statistics(); });
        telemetry->add(
            "peer_observer_logger_printed_events_total", "Events printed.", telemetry::MetricType::counter,
            [&] { return std::vector<telemetry::Sample>{{static_cast<double>(logger.printed_events()), {}}}; });
    }
    context.ready();
    logger.run(limits);
}

} // namespace

int main(int argc, char** argv) { return app::run(argc, argv, make_service(), run); }
