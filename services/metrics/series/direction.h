// Which way a message or a connection goes, seen from the node.
#pragma once

#include "services/metrics/series/buffered_histogram.h"
#include "services/metrics/series/registry.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace peer_observer::metrics {

enum class Direction : std::uint8_t { inbound, outbound };

inline constexpr std::array<std::string_view, 2> kDirectionNames = {"inbound", "outbound"};

constexpr std::size_t index(Direction direction) { return static_cast<std::size_t>(direction); }

/// Two counters that differ in the label `direction` only.
class DirectionCounters {
public:
    DirectionCounters(NodeRegistry& registry, Metric metric)
        : counters_{&registry.counter(metric, {kDirectionNames[0]}), &registry.counter(metric, {kDirectionNames[1]})}
    {}
    Counter& operator[](Direction direction) { return *counters_[index(direction)]; }

private:
    std::array<Counter*, 2> counters_;
};

/// Two histograms that differ in the label `direction` only.
class DirectionHistograms {
public:
    DirectionHistograms(NodeRegistry& registry, Metric metric)
        : histograms_{BufferedHistogram{registry, metric, {kDirectionNames[0]}},
                      BufferedHistogram{registry, metric, {kDirectionNames[1]}}}
    {}
    BufferedHistogram& operator[](Direction direction) { return histograms_[index(direction)]; }
    void flush()
    {
        for (auto& histogram : histograms_)
            histogram.flush();
    }

private:
    std::array<BufferedHistogram, 2> histograms_;
};

} // namespace peer_observer::metrics
