// peer-observer-clickhouse: writes events as rows of tables to ClickHouse.
#include "libs/app/app.h"
#include "libs/app/bus_options.h"
#include "libs/app/memory.h"
#include "libs/app/metrics.h"
#include "libs/app/option_values.h"
#include "libs/app/signals.h"
#include "libs/asmap/options.h"
#include "libs/base/regular_file.h"
#include "libs/bus/subscriber.h"
#include "services/clickhouse/metrics.h"
#include "services/clickhouse/spool.h"
#include "services/clickhouse/writer.h"

#include <boost/program_options.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <stdexcept>

namespace {

namespace po = boost::program_options;
using namespace peer_observer;
using namespace std::chrono_literals;
using app::Count;
using app::Seconds;

constexpr std::uint64_t kMebibyte = 1U << 20U;
constexpr auto kReceiveTime = 50ms;
constexpr auto kLongestDrain = 5s;

po::options_description options()
{
    po::options_description own{"ClickHouse"};
    auto add = own.add_options();
    add("url", po::value<std::string>()->value_name("URL")->default_value("http://127.0.0.1:8123"),
        "HTTP interface of the server: http:// or https://");
    add("database", po::value<std::string>()->value_name("NAME")->default_value("peer_observer"),
        "database for the tables; it is created if it does not exist");
    add("user", po::value<std::string>()->value_name("NAME")->default_value("default"), "user of the server");
    add("password-file", po::value<std::string>()->value_name("FILE"),
        "file with the user's password; it is read for each request");
    add("ca-file", po::value<std::string>()->value_name("FILE"),
        "certificates that an https:// server is checked against (default: the system's)");
    add("cluster", po::value<std::string>()->value_name("NAME"),
        "create replicated tables on this cluster of the server's configuration, and distributed tables over them");
    add("spool", po::value<std::string>()->value_name("DIR"),
        "events wait in DIR until the server has stored their rows; required");
    add("spool-size", po::value<Count>()->default_value(Count{10'000}),
        "MiB in DIR; events beyond it are not stored, and the table losses tells of them");
    add("batch-seconds", po::value<Seconds>()->default_value(Seconds{2s}, "2"),
        "an event waits this many seconds for others: what is lost in a crash");
    add("request-seconds", po::value<Seconds>()->default_value(Seconds{60s}, "60"),
        "time limit of a request to the server");
    add("keep-days", po::value<Count>()->default_value(Count{0}, "no limit"),
        "drop months that ended more than this many days ago");
    asmap::add_options(own);
    own.add(app::subscriber_options());
    return own;
}

std::string text(const po::variables_map& values, const char* option)
{
    return values.contains(option) ? values[option].as<std::string>() : "";
}

std::chrono::milliseconds milliseconds(const po::variables_map& values, const char* option)
{
    return std::chrono::ceil<std::chrono::milliseconds>(values[option].as<Seconds>().value);
}

clickhouse::WriterOptions read_writer_options(const po::variables_map& values)
{
    clickhouse::WriterOptions options{
        .server = {.url = text(values, "url"),
                   .user = text(values, "user"),
                   .password_file = text(values, "password-file"),
                   .ca_file = text(values, "ca-file"),
                   .timeout = milliseconds(values, "request-seconds")},
        .schema = {.database = text(values, "database"), .cluster = text(values, "cluster")},
        .keep_days = values["keep-days"].as<Count>().value};
    if (options.keep_days > 36'500) throw app::UsageError{"--keep-days: give 36500 or less"};
    if (options.schema.database.empty()) throw app::UsageError{"--database is empty"};
    for (const auto& file : {options.server.password_file, options.server.ca_file}) {
        if (file.empty()) continue;
        if (const auto text = base::read_regular_file(file, kMebibyte); !text)
            throw std::runtime_error{fmt::format("cannot read {}: {}", file, text.error().reason)};
    }
    if (!options.server.url.starts_with("http://") && !options.server.url.starts_with("https://"))
        throw app::UsageError{fmt::format("--url: '{}' is neither http:// nor https://", options.server.url)};
    return options;
}

clickhouse::SpoolOptions read_spool_options(const po::variables_map& values)
{
    if (!values.contains("spool")) throw app::UsageError{"--spool is needed"};
    const auto size = values["spool-size"].as<Count>().value;
    if (size == 0 || size > (1U << 30U)) throw app::UsageError{"--spool-size: give 1 to 1073741824"};
    return {.folder = text(values, "spool"),
            .most_bytes = size * kMebibyte,
            .file_time = milliseconds(values, "batch-seconds"),
            .software = "peer-observer-clickhouse " PEER_OBSERVER_VERSION};
}

void run(const po::variables_map& values, app::Context& context)
{
    app::ReloadSignal reload_signal; // first: SIGHUP ends a program that is not prepared for it
    auto writer_options = read_writer_options(values);
    writer_options.systems = asmap::read(values);
    clickhouse::Counters counters;
    clickhouse::Spool spool{read_spool_options(values), counters};
    bus::Subscriber subscriber{app::read_subscriber_options(values)};
    app::log_notices(subscriber);
    const auto telemetry = app::serve_metrics(values, "clickhouse");
    if (telemetry) {
        app::add_subscriber_metrics(*telemetry, [&] { return subscriber.statistics(); });
        clickhouse::add_clickhouse_metrics(*telemetry, counters);
    }
    clickhouse::Writer writer{std::move(writer_options), spool, counters};
    context.ready();
    while (!context.stopping()) {
        if (reload_signal.take()) writer.reload();
        if (const auto batch = subscriber.receive(kReceiveTime)) spool.add(*batch);
        spool.tick(std::chrono::steady_clock::now());
        context.alive(
            fmt::format("{} rows stored, {} bytes in the spool", counters.rows.load(), counters.spool_bytes.load()));
    }
    // What has arrived is kept; publishers that continue do not keep us.
    const auto deadline = std::chrono::steady_clock::now() + kLongestDrain;
    while (std::chrono::steady_clock::now() < deadline) {
        const auto batch = subscriber.receive(0ms);
        if (!batch) break;
        spool.add(*batch);
    }
    spool.close();
    if (!writer.drain(kLongestDrain))
        spdlog::info("{} bytes wait in the spool for the next start", counters.spool_bytes.load());
    spdlog::info("{} rows stored", counters.rows.load());
}

} // namespace

int main(int argc, char** argv)
{
    const app::Service service{
        "clickhouse", "Writes the events of one or more publishers to tables of ClickHouse.",
        "peer-observer-clickhouse --spool /var/lib/peer-observer-clickhouse --url http://127.0.0.1:8123", options()};
    app::keep_freed_memory(32 << 20);
    return app::run(argc, argv, service, run);
}
