// How the rows of the table of metrics are written.
#pragma once

#include "services/metrics/definitions.h"

#include <algorithm>
#include <initializer_list>

namespace peer_observer::metrics {

using Labels = std::initializer_list<Label>;

constexpr Label label(std::string_view name) { return {name}; }
constexpr Label bounded(std::string_view name) { return {name, true}; }
constexpr Definition row(Type type, Metric metric, std::string_view name, Labels labels, std::string_view help)
{
    Definition definition{metric, name, type, true, {}, help, {}};
    std::ranges::copy(labels, definition.labels.begin());
    return definition;
}

constexpr Definition counter(Metric metric, std::string_view name, Labels labels, std::string_view help)
{
    return row(Type::counter, metric, name, labels, help);
}

constexpr Definition gauge(Metric metric, std::string_view name, Labels labels, std::string_view help)
{
    return row(Type::gauge, metric, name, labels, help);
}

constexpr Definition histogram(Metric metric, std::string_view name, Labels labels, std::string_view help,
                               std::span<const double> buckets)
{
    auto definition = row(Type::histogram, metric, name, labels, help);
    definition.buckets = buckets;
    return definition;
}

/// Without the label `host`.
constexpr Definition of_tool(Definition definition)
{
    definition.by_host = false;
    return definition;
}

} // namespace peer_observer::metrics
