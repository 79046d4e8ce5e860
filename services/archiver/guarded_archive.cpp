#include "services/archiver/guarded_archive.h"

#include <spdlog/spdlog.h>

#include <exception>
#include <utility>

namespace peer_observer::archiver {
namespace {

constexpr auto kBetweenAttempts = std::chrono::seconds{10};

} // namespace

struct GuardedArchive::Opened {
    Opened(const ArchiveOptions& options, const RecorderOptions& recorder_options, Clock& clock, Counters& counters,
           app::BadEvents& bad_events)
        : directory{options.directory, counters}, compressor{options.level, options.threads},
          environment{options.stream, directory, compressor, clock, counters, bad_events},
          recorder{environment, recorder_options}
    {}

    Directory directory;
    archive::Compressor compressor;
    Environment environment;
    Recorder recorder;
};

GuardedArchive::GuardedArchive(ArchiveOptions options, std::size_t max_open_files, Clock& clock,
                               app::BadEvents& bad_events)
    : options_{std::move(options)}, recorder_options_{.limits = options_.limits, .max_open_files = max_open_files},
      clock_{clock}, bad_events_{bad_events}
{}

GuardedArchive::~GuardedArchive() = default;

void GuardedArchive::open()
{
    opened_ = std::make_unique<Opened>(options_, recorder_options_, clock_, counters_, bad_events_);
    if (!std::exchange(failing_, false)) return;
    --counters_.failing_streams;
    spdlog::info("writing the archive {} again", options_.name);
}

void GuardedArchive::open_later(const std::string& reason)
{
    opened_.reset();
    next_attempt_ = clock_.steady() + kBetweenAttempts;
    ++counters_.write_errors;
    if (std::exchange(failing_, true)) return;
    ++counters_.failing_streams;
    spdlog::error("cannot write the archive {}: {}; its events are missing until that is solved; retrying",
                  options_.name, reason);
}

template <typename Action>
void GuardedArchive::attempt(const Action& action)
{
    if (!opened_) return;
    try {
        action(opened_->recorder);
    } catch (const std::exception& error) {
        open_later(error.what());
    }
}

void GuardedArchive::add(const bus::Batch& batch)
{
    attempt([&](Recorder& recorder) { recorder.add(batch); });
}

void GuardedArchive::tick()
{
    attempt([](Recorder& recorder) { recorder.tick(); });
    if (opened_ || clock_.steady() < next_attempt_) return;
    try {
        open();
    } catch (const std::exception& error) {
        open_later(error.what());
    }
}

void GuardedArchive::close()
{
    attempt([](Recorder& recorder) { recorder.close(); });
}

} // namespace peer_observer::archiver
