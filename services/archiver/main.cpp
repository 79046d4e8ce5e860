// peer-observer-archiver: writes every event of one or many publishers to compressed files.
#include "libs/app/app.h"
#include "libs/app/bus_options.h"
#include "libs/app/memory.h"
#include "libs/app/metrics.h"
#include "libs/app/option_values.h"
#include "libs/app/selection_options.h"
#include "libs/app/signals.h"
#include "libs/asmap/options.h"
#include "libs/base/descriptors.h"
#include "libs/bus/subscriber.h"
#include "services/archiver/metrics.h"
#include "services/archiver/recorder.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <stdexcept>

namespace {

namespace po = boost::program_options;
using namespace peer_observer;
using namespace std::chrono_literals;
using app::Count;
using app::Seconds;

constexpr std::uint64_t kKibibyte = 1U << 10U;
constexpr std::uint64_t kMebibyte = 1U << 20U;
constexpr auto kReceiveTime = 50ms;
constexpr auto kTick = 100ms;
constexpr auto kLongestDrain = 5s;

po::options_description options()
{
    po::options_description own{"Archive"};
    auto add = own.add_options();
    add("directory", po::value<std::string>()->value_name("DIR"), "write to DIR/<node>/; required");
    add("level", po::value<Count>()->default_value(Count{3}), "compression level, 1 (fast) to 19 (small)");
    add("threads", po::value<Count>()->default_value(Count{1}), "number of compression threads, 1 to 64");
    add("frame-size", po::value<Count>()->default_value(Count{2048}),
        "KiB of events to compress together, 16 to 8192: what is lost if a frame is damaged, and what a seek reads");
    add("frame-seconds", po::value<Seconds>()->default_value(Seconds{2s}, "2"),
        "write a frame after this many seconds at the latest: what is lost in a crash");
    add("sync", po::value<std::string>()->default_value("5")->value_name("WHEN"),
        "when to sync to disk: each-frame, never, or an interval in seconds: what is lost in a power failure");
    add("rotate-size", po::value<Count>()->default_value(Count{1024}),
        "start a new file after this many MiB; fewer if --keep-size is small");
    add("rotate-seconds", po::value<Seconds>()->default_value(Seconds{24h}, "86400"),
        "start a new file after this many seconds");
    add("keep-size", po::value<Count>()->default_value(Count{0}, "no limit"),
        "delete the oldest files if all files exceed this many MiB");
    add("keep-days", po::value<Count>()->default_value(Count{0}, "no limit"), "delete files older than this many days");
    app::add_selection_options(own, "record");
    asmap::add_options(own);
    own.add(app::subscriber_options());
    return own;
}

std::uint64_t number(const po::variables_map& values, const std::string& option, std::uint64_t least,
                     std::uint64_t most)
{
    const auto value = values[option].as<Count>().value;
    if (value < least || value > most)
        throw app::UsageError{fmt::format("--{}: {} is not a number from {} to {}", option, value, least, most)};
    return value;
}

void read_sync(const std::string& text, archiver::StreamOptions& options)
{
    if (text == "each-frame") {
        options.sync = archiver::SyncPolicy::each_frame;
    } else if (text == "never") {
        options.sync = archiver::SyncPolicy::never;
    } else {
        boost::any seconds;
        try {
            app::validate(seconds, {text}, static_cast<Seconds*>(nullptr), 0);
        } catch (const po::error&) {
            throw app::UsageError{fmt::format("--sync: '{}' is not each-frame, never or a number of seconds", text)};
        }
        options.sync_interval = boost::any_cast<Seconds>(seconds).value;
    }
}

archiver::StreamOptions read_stream_options(const po::variables_map& values,
                                            const std::shared_ptr<const asmap::AutonomousSystems>& systems)
{
    archiver::StreamOptions options;
    options.frame_bytes = number(values, "frame-size", 16, 8192) * kKibibyte;
    options.frame_time = values["frame-seconds"].as<Seconds>().value;
    read_sync(values["sync"].as<std::string>(), options);
    options.file_bytes = number(values, "rotate-size", 1, 1U << 20U) * kMebibyte;
    options.file_time = values["rotate-seconds"].as<Seconds>().value;
    options.selection = app::read_selection(values, asmap::finder(systems));
    options.software = "peer-observer-archiver " PEER_OBSERVER_VERSION;
    return options;
}

void record(const po::variables_map& values, app::Context& context)
{
    if (!values.contains("directory")) throw app::UsageError{"--directory is needed"};
    app::ReloadSignal reload_signal;
    const auto systems = asmap::read(values);
    const auto options = read_stream_options(values, systems);
    archiver::RecorderOptions recorder_options{
        .limits = {.bytes = number(values, "keep-size", 0, 1U << 30U) * kMebibyte,
                   .age = std::chrono::days{number(values, "keep-days", 0, 36500)}}};
    archive::Compressor compressor{static_cast<int>(number(values, "level", archive::kMinLevel, archive::kMaxLevel)),
                                   number(values, "threads", 1, 64)};
    auto subscriber_options = app::read_subscriber_options(values);

    // Besides the files: sources, the folder, the metrics endpoint.
    const auto other_descriptors = 100 + 2 * values["source"].as<std::vector<std::string>>().size();
    const auto descriptors = base::raise_descriptor_limit(recorder_options.max_open_files + other_descriptors);
    recorder_options.max_open_files = descriptors > other_descriptors
                                          ? std::min(recorder_options.max_open_files, descriptors - other_descriptors)
                                          : 1;

    // A limit on a file's size is an error of write() like others.
    if (std::signal(SIGXFSZ, SIG_IGN) == SIG_ERR) throw std::runtime_error{"cannot ignore SIGXFSZ"};
    archiver::Counters counters;
    app::BadEvents bad_events;
    archiver::Clock clock;
    archiver::Directory directory{values["directory"].as<std::string>(), counters};
    archiver::Environment environment{options, directory, compressor, clock, counters, bad_events};
    bus::Subscriber subscriber{subscriber_options};
    app::log_notices(subscriber);
    archiver::Recorder recorder{environment, recorder_options};
    const auto telemetry = app::serve_metrics(values, "archiver");
    if (telemetry) {
        app::add_subscriber_metrics(*telemetry, [&] { return subscriber.statistics(); });
        archiver::add_archiver_metrics(*telemetry, counters);
        bad_events.add_metrics(*telemetry);
    }
    context.ready();

    auto next_tick = clock.steady();
    while (!context.stopping()) {
        if (const auto batch = subscriber.receive(kReceiveTime)) recorder.add(*batch);
        if (clock.steady() < next_tick) continue;
        next_tick = clock.steady() + kTick;
        if (reload_signal.take()) asmap::reload(systems.get());
        recorder.tick();
        context.alive(fmt::format("{} events written, {} missing", counters.written_events.load(),
                                  counters.not_received_events + counters.not_written_events));
    }
    // What has arrived is written; publishers that continue do not keep us.
    const auto deadline = clock.steady() + kLongestDrain;
    while (clock.steady() < deadline) {
        const auto batch = subscriber.receive(0ms);
        if (!batch) break;
        recorder.add(*batch);
    }
    recorder.close();
    spdlog::info("{} events written to {} files", counters.written_events.load(), counters.closed_files.load());
}

} // namespace

int main(int argc, char** argv)
{
    const app::Service service{"archiver", "Writes the events of one or more publishers to compressed files.",
                               "peer-observer-archiver --directory /var/lib/peer-observer --keep-size 100000",
                               options()};
    app::keep_freed_memory(32 << 20);
    return app::run(argc, argv, service, record);
}
