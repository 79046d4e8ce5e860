// The anomalies that are open: how many, and the subjects of some of them. Peers choose subjects, so a label has few at
// a time.
#pragma once

#include "services/detector/definition.h"
#include "services/detector/moment.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::detector {

/// An open anomaly at one node. One that several nodes see is one for each.
struct OpenAnomaly {
    std::string_view kind; ///< static storage
    AnomalySeverity severity = proto::AnomalyReport::UNKNOWN_SEVERITY;
    std::string node;
    std::string subject;
    std::string known_as;
    Time opened = 0;
};

struct OpenCount {
    std::string_view kind;
    AnomalySeverity severity = proto::AnomalyReport::UNKNOWN_SEVERITY;
    std::string node;
    std::uint64_t count = 0;
    std::uint64_t listed = 0; ///< of these
};

struct OpenAnomalies {
    std::vector<OpenCount> counts; ///< by kind, severity and node
    std::vector<OpenAnomaly> listed;
};

constexpr std::size_t kMostListed = 128;
constexpr std::size_t kMostListedOfOneKind = 16; // of one severity, at one node

/// The most severe are listed first, then the oldest: one that is listed stays, unless a more severe one needs its
/// place. Those of severity INFO raise no alert, and are not listed.
OpenAnomalies summarize(std::vector<OpenAnomaly> open);

} // namespace peer_observer::detector
