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
                      [&value] { return std::vector<Sample>{{static_cast<double>(value.load()), {}}}; });
    };
    add("read_bytes_total", "Bytes that were read from the log.", MetricType::counter, bytes);
    add("truncated_messages_total", "Messages longer than 1 MiB: their events have the beginning only.",
        MetricType::counter, truncated_messages);
    add("rotations_total", "How often another file had the log's name.", MetricType::counter, rotations);
    add("truncations_total", "How often the log was truncated.", MetricType::counter, truncations);
    add("log_open", "1 while the log is open.", MetricType::gauge, is_open);
    telemetry.add("peer_observer_log_extractor_events_total", "Events, by the second part of their kind (log.KIND).",
                  MetricType::counter, [this] {
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
