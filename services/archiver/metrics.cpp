#include "services/archiver/metrics.h"

#include <array>

namespace peer_observer::archiver {
namespace {

using telemetry::MetricType;
using telemetry::Sample;

struct Figure {
    const char* name;
    const char* help;
    MetricType type;
    Counter Counters::* counter;
};

constexpr std::array kFigures = {
    Figure{"written_events_total", "Events written to files.", MetricType::counter, &Counters::written_events},
    Figure{"written_frames_total", "Frames written to files.", MetricType::counter, &Counters::written_frames},
    Figure{"content_bytes_total", "Bytes of the written batches before compression.", MetricType::counter,
           &Counters::content_bytes},
    Figure{"written_bytes_total", "Bytes of the written batches after compression.", MetricType::counter,
           &Counters::written_bytes},
    Figure{"duplicate_events_total", "Events received twice and not written again.", MetricType::counter,
           &Counters::duplicate_events},
    Figure{"unselected_events_total", "Events not selected for the archive.", MetricType::counter,
           &Counters::unselected_events},
    Figure{"refused_batches_total", "Batches refused because the node's name cannot be the name of a folder.",
           MetricType::counter, &Counters::refused_batches},
    Figure{"write_errors_total", "Failed writes, syncs and closes of files.", MetricType::counter,
           &Counters::write_errors},
    Figure{"failing_streams",
           "Publishers whose events currently cannot be written; 1 for all of them if the folder cannot be used.",
           MetricType::gauge, &Counters::failing_streams},
    Figure{"open_files", "Files open for writing.", MetricType::gauge, &Counters::open_files},
    Figure{"closed_files_total", "Files completed.", MetricType::counter, &Counters::closed_files},
    Figure{"recovered_files_total", "Files completed whose writer was stopped or killed.", MetricType::counter,
           &Counters::recovered_files},
    Figure{"unknown_losses_total", "Losses of an unknown number of events, recorded as gaps.", MetricType::counter,
           &Counters::unknown_losses},
    Figure{"deleted_files_total", "Files deleted because of --keep-size and --keep-days.", MetricType::counter,
           &Counters::deleted_files},
    Figure{"archive_bytes", "Bytes of all files in the folder, measured every few seconds.", MetricType::gauge,
           &Counters::archive_bytes},
};

constexpr std::array kMissing = {std::pair{"not_received", &Counters::not_received_events},
                                 std::pair{"not_written", &Counters::not_written_events},
                                 std::pair{"not_running", &Counters::not_running_events}};

double value(const Counter& counter) { return static_cast<double>(counter.load()); }

} // namespace

void add_archiver_metrics(telemetry::Telemetry& telemetry, const ArchiveCounters& archives)
{
    for (const auto& figure : kFigures) {
        telemetry.add(std::string{"peer_observer_archiver_"} + figure.name, figure.help, figure.type,
                      [archives, counter = figure.counter] {
                          std::vector<Sample> samples;
                          for (const auto& [name, counters] : archives)
                              samples.push_back({value(counters->*counter), {{"archive", name}}});
                          return samples;
                      });
    }
    telemetry.add("peer_observer_archiver_missing_events_total",
                  "Events missing from the archive and recorded there as gaps, by cause.", MetricType::counter,
                  [archives] {
                      std::vector<Sample> samples;
                      for (const auto& [name, counters] : archives)
                          for (const auto& [cause, counter] : kMissing)
                              samples.push_back({value(counters->*counter), {{"archive", name}, {"cause", cause}}});
                      return samples;
                  });
}

} // namespace peer_observer::archiver
