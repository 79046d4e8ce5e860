#include "services/log-extractor/metrics.h"

#include <google/protobuf/descriptor.h>

#include <string>

namespace peer_observer::log_extractor {

void Metrics::add_to(telemetry::Telemetry& telemetry) const
{
    using telemetry::MetricType;
    using telemetry::Sample;
    const auto add = [&](const std::string& name, const std::string& help, MetricType type, const auto& value) {
        telemetry.add("peer_observer_log_extractor_" + name, help, type,
                      [&value] { return static_cast<double>(value.load()); });
    };
    add("read_bytes_total", "Bytes read from the log.", MetricType::counter, bytes);
    add("truncated_messages_total", "Messages longer than 1 MiB, whose events have only the first part.",
        MetricType::counter, truncated_messages);
    add("rotations_total", "Rotations of the log: another file got its name.", MetricType::counter, rotations);
    add("truncations_total", "Truncations of the log.", MetricType::counter, truncations);
    add("log_open", "1 if the log is open, 0 if not.", MetricType::gauge, is_open);
    telemetry.add("peer_observer_log_extractor_events_total", "Events by kind (log.KIND).", MetricType::counter,
                  [this] {
                      std::vector<Sample> samples;
                      const auto& type = *proto::Log::descriptor();
                      for (int i = 0; i < type.field_count(); ++i) {
                          const auto& arm = *type.field(i);
                          const auto count = events.at(static_cast<std::size_t>(arm.number())).load();
                          samples.push_back({static_cast<double>(count), {{"kind", std::string{arm.name()}}}});
                      }
                      return samples;
                  });
}

} // namespace peer_observer::log_extractor
