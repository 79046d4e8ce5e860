// peer-observer-logger: the events of one or many nodes on stdout.
#include "libs/app/app.h"
#include "libs/app/bus_options.h"
#include "libs/app/colour.h"
#include "libs/app/metrics.h"
#include "libs/app/option_values.h"
#include "libs/app/signals.h"
#include "libs/asmap/options.h"
#include "libs/print/options.h"
#include "services/logger/logger.h"

#include <boost/program_options.hpp>
#include <unistd.h>

namespace {

using namespace peer_observer;
namespace po = boost::program_options;

app::Service make_service()
{
    app::Service service{
        .name = "logger",
        .description = "Prints the events of one or more nodes, one event per line.",
        .example = "peer-observer-logger --kind message --message-type inv --format json | jq .event",
    };
    print::add_options(service.options);
    auto add = service.options.add_options();
    add("duration", po::value<app::Seconds>()->value_name("SECONDS"), "exit after this many seconds");
    service.options.add(app::subscriber_options());
    return service;
}

logger::Limits read_limits(const po::variables_map& values)
{
    logger::Limits limits{.events = print::read_count(values)};
    if (values.contains("duration")) limits.duration = values["duration"].as<app::Seconds>().value;
    return limits;
}

void run(const po::variables_map& values, app::Context& context)
{
    app::BadEvents bad_events;
    app::ReloadSignal reload_signal;
    const auto systems = asmap::read(values);
    logger::BatchPrinter printer{print::read_format(values), print::read_selection(values, systems),
                                 app::wants_colour(STDOUT_FILENO), bad_events, systems};
    const auto limits = read_limits(values);
    bus::Subscriber subscriber{app::read_subscriber_options(values)};
    app::log_notices(subscriber);
    logger::Logger logger{subscriber, std::move(printer), STDOUT_FILENO, context, [&] {
                              if (reload_signal.take()) asmap::reload(systems.get());
                          }};

    const auto telemetry = app::serve_metrics(values, "logger");
    if (telemetry) {
        app::add_subscriber_metrics(*telemetry, [&] { return subscriber.statistics(); });
        bad_events.add_metrics(*telemetry);
        telemetry->add("peer_observer_logger_printed_events_total", "Events printed.", telemetry::MetricType::counter,
                       [&] { return static_cast<double>(logger.printed_events()); });
    }
    context.ready();
    logger.run(limits);
}

} // namespace

int main(int argc, char** argv) { return app::run(argc, argv, make_service(), run); }
