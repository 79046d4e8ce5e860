#include "services/clickhouse/metrics.h"

#include "libs/base/clock.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace peer_observer::clickhouse {
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
    Figure{"events_total", "Events whose rows were sent to the server.", MetricType::counter, &Counters::events},
    Figure{"rows_total", "Rows that the server has stored.", MetricType::counter, &Counters::rows},
    Figure{"bytes_total", "Bytes of the rows that the server has stored, as they were sent.", MetricType::counter,
           &Counters::bytes},
    Figure{"refused_rows_total", "Rows that the server refused. The table losses has each of them.",
           MetricType::counter, &Counters::refused_rows},
    Figure{"spool_bytes", "Bytes of the files that wait for the server.", MetricType::gauge, &Counters::spool_bytes},
    Figure{"dropped_partitions_total", "Months of tables dropped because of --keep-days.", MetricType::counter,
           &Counters::dropped_partitions},
};

double value(const Counter& counter) { return static_cast<double>(counter.load()); }

} // namespace

void add_clickhouse_metrics(telemetry::Telemetry& telemetry, const Counters& counters)
{
    constexpr double kNanoseconds = 1e9;
    const std::string prefix = "peer_observer_clickhouse_";
    for (const auto& figure : kFigures) {
        telemetry.add(prefix + figure.name, figure.help, figure.type,
                      [&counters, counter = figure.counter] { return value(counters.*counter); });
    }
    telemetry.add(prefix + "lag_seconds", "Age of the oldest event that waits for the server; 0 if none does.",
                  MetricType::gauge, [&counters] {
                      const double oldest = value(counters.oldest_ns);
                      const double age = oldest > 0 ? static_cast<double>(base::unix_ns()) - oldest : 0;
                      return std::max(age, 0.0) / kNanoseconds;
                  });
    telemetry.add(prefix + "lost_events_total",
                  "Events that are not stored and that the table losses tells of, by cause.", MetricType::counter,
                  [&counters] {
                      return std::vector<Sample>{{value(counters.not_stored), {{"cause", "not_written"}}},
                                                 {value(counters.not_running), {{"cause", "not_running"}}},
                                                 {value(counters.not_received), {{"cause", "not_received"}}}};
                  });
    telemetry.add(prefix + "errors_total", "Requests to the server that failed, by cause.", MetricType::counter,
                  [&counters] {
                      std::vector<Sample> samples;
                      samples.reserve(kCauseNames.size());
                      for (std::size_t i = 0; i < kCauseNames.size(); ++i)
                          samples.push_back({value(counters.errors[i]), {{"cause", std::string{kCauseNames[i]}}}});
                      return samples;
                  });
}

} // namespace peer_observer::clickhouse
