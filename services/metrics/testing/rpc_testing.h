// Answers to RPC calls for the tests of this service.
#pragma once

#include "services/metrics/testing/metrics_testing.h"

#include <map>

namespace peer_observer::metrics::testing {

/// An event at kTime_s, of no process, with what `fill` puts into it.
inline proto::Event answer(const auto& fill)
{
    auto event = sample_event();
    event.clear_pid();
    fill(*event.mutable_rpc());
    return event;
}

/// The numbers of a metric by the values of its labels without `host`, e.g. `table="new",port="1"`; also those that are
/// 0.
inline std::map<std::string, double> values_of(const Pipeline& pipeline, Metric metric)
{
    constexpr std::string_view kHost = "host=\"alpha\"";
    std::map<std::string, double> values;
    const auto text = pipeline.page();
    const auto start = fmt::format("\n{}{{", definition(metric).name);
    for (auto at = text.find(start); at != std::string::npos; at = text.find(start, at + 1)) {
        const auto begin = at + start.size();
        const auto close = text.find("} ", begin);
        auto labels = text.substr(begin, close - begin); // sorted by name
        const auto host = labels.find(kHost);
        labels.erase(host, kHost.size() + 1);
        if (labels.ends_with(',')) labels.pop_back();
        values[labels] = std::stod(text.substr(close + 2));
    }
    return values;
}

/// Of a metric without labels; nothing if it is absent.
inline std::optional<double> value_of(const Pipeline& pipeline, Metric metric)
{
    const auto values = values_of(pipeline, metric);
    return values.contains("") ? std::optional{values.at("")} : std::nullopt;
}

} // namespace peer_observer::metrics::testing
