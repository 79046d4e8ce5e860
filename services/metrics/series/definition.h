// What a metric is, and how the rows of the table of metrics are written.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace peer_observer::metrics {

/// A place in the table of metrics; see metric() in definitions.h.
enum class Metric : std::uint8_t {};

enum class Type : std::uint8_t { counter, gauge, histogram };

struct Label {
    std::string_view name;
    /// Peers choose its values: only so many of them are kept (see bounded_counters.h).
    bool bounded = false;
};

inline constexpr std::string_view kPrefix = "peerobserver_";

struct Definition {
    std::string_view name; ///< with kPrefix
    Type type;
    /// Whether there is one of each node, which the label `host` names.
    bool by_host;
    /// Besides `host`. Unused ones have no name.
    std::array<Label, 3> labels;
    std::string_view help;
    std::span<const double> buckets;
};

using Labels = std::initializer_list<Label>;

constexpr Label label(std::string_view name) { return {name}; }
constexpr Label bounded(std::string_view name) { return {name, true}; }
constexpr Definition row(Type type, std::string_view name, Labels labels, std::string_view help)
{
    Definition definition{name, type, true, {}, help, {}};
    std::ranges::copy(labels, definition.labels.begin());
    return definition;
}

constexpr Definition counter(std::string_view name, Labels labels, std::string_view help)
{
    return row(Type::counter, name, labels, help);
}

constexpr Definition gauge(std::string_view name, Labels labels, std::string_view help)
{
    return row(Type::gauge, name, labels, help);
}

constexpr Definition histogram(std::string_view name, Labels labels, std::string_view help,
                               std::span<const double> buckets)
{
    auto definition = row(Type::histogram, name, labels, help);
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
