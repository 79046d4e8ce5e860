// peer-observer-archiver: writes events of one or many publishers to compressed files, of one or several archives.
#include "libs/app/app.h"
#include "libs/app/bus_options.h"
#include "libs/app/memory.h"
#include "libs/app/metrics.h"
#include "libs/app/signals.h"
#include "libs/asmap/options.h"
#include "libs/base/descriptors.h"
#include "libs/bus/subscriber.h"
#include "services/archiver/archive_options.h"
#include "services/archiver/guarded_archive.h"
#include "services/archiver/metrics.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <exception>
#include <memory>
#include <stdexcept>
#include <vector>

namespace {

namespace po = boost::program_options;
using namespace peer_observer;
using namespace std::chrono_literals;
using Archives = std::vector<std::unique_ptr<archiver::GuardedArchive>>;

constexpr auto kReceiveTime = 50ms;
constexpr auto kTick = 100ms;
constexpr auto kLongestDrain = 5s;

po::options_description options()
{
    po::options_description own{"Archive"};
    archiver::add_archive_options(own);
    asmap::add_options(own);
    own.add(app::subscriber_options());
    return own;
}

/// Publishers of which each archive may have files open, a file and a journal each. Besides them: sources, folders, the
/// metrics endpoint.
std::size_t limit_open_files(std::size_t archives, std::size_t sources)
{
    const auto wanted = archiver::RecorderOptions{}.max_open_files;
    const auto others = 100 + 2 * sources;
    const auto descriptors = base::raise_descriptor_limit(2 * archives * wanted + others);
    return descriptors > others ? std::clamp<std::size_t>((descriptors - others) / (2 * archives), 1, wanted) : 1;
}

/// Throws where none can be opened.
void open(const Archives& archives)
{
    std::exception_ptr first;
    std::size_t open = 0;
    for (const auto& archive : archives) {
        try {
            archive->open();
            ++open;
        } catch (const std::exception& error) {
            if (!first) first = std::current_exception();
            if (archives.size() > 1) archive->open_later(error.what());
        }
    }
    if (open == 0) std::rethrow_exception(first);
}

std::string status(const Archives& archives)
{
    std::string text;
    for (const auto& archive : archives) {
        const auto& counters = archive->counters();
        text += fmt::format("{}{}{} events written, {} missing", text.empty() ? "" : "; ",
                            archives.size() > 1 ? archive->name() + ": " : "", counters.written_events.load(),
                            counters.not_received_events + counters.not_written_events);
    }
    return text;
}

void record(const po::variables_map& values, app::Context& context)
{
    app::ReloadSignal reload_signal;
    const auto systems = asmap::read(values);
    const auto configured = archiver::read_archives(values, systems);
    auto subscriber_options = app::read_subscriber_options(values);
    const auto max_open_files =
        limit_open_files(configured.size(), values["source"].as<std::vector<std::string>>().size());

    // A limit on a file's size is an error of write() like others.
    if (std::signal(SIGXFSZ, SIG_IGN) == SIG_ERR) throw std::runtime_error{"cannot ignore SIGXFSZ"};
    app::BadEvents bad_events;
    archiver::Clock clock;
    Archives archives;
    archiver::ArchiveCounters counters;
    for (const auto& one : configured) {
        archives.push_back(std::make_unique<archiver::GuardedArchive>(one, max_open_files, clock, bad_events));
        counters.emplace_back(one.name, &archives.back()->counters());
    }
    open(archives);
    bus::Subscriber subscriber{subscriber_options};
    app::log_notices(subscriber);
    const auto telemetry = app::serve_metrics(values, "archiver");
    if (telemetry) {
        app::add_subscriber_metrics(*telemetry, [&] { return subscriber.statistics(); });
        archiver::add_archiver_metrics(*telemetry, counters);
        bad_events.add_metrics(*telemetry);
    }
    context.ready();

    const auto add = [&](const bus::Batch& batch) {
        for (const auto& archive : archives)
            archive->add(batch);
    };
    auto next_tick = clock.steady();
    while (!context.stopping()) {
        if (const auto batch = subscriber.receive(kReceiveTime)) add(*batch);
        if (clock.steady() < next_tick) continue;
        next_tick = clock.steady() + kTick;
        if (reload_signal.take()) asmap::reload(systems.get());
        for (const auto& archive : archives)
            archive->tick();
        context.alive(status(archives));
    }
    // What has arrived is written; publishers that continue do not keep us.
    const auto deadline = clock.steady() + kLongestDrain;
    while (clock.steady() < deadline) {
        const auto batch = subscriber.receive(0ms);
        if (!batch) break;
        add(*batch);
    }
    for (const auto& archive : archives) {
        archive->close();
        spdlog::info("{}{} events written to {} files", archives.size() > 1 ? archive->name() + ": " : "",
                     archive->counters().written_events.load(), archive->counters().closed_files.load());
    }
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
