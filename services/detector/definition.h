// What a detector is: its kind, its text, its thresholds with where they come from, and how to make one.
#pragma once

#include "proto/anomaly.pb.h"
#include "services/detector/moment.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace peer_observer::detector {

class Alarms;
class Hooks;

/// A number of a detector that the operator may change: the option `<kind>.<name>`.
struct Parameter {
    std::string_view name; ///< with its unit
    double value = 0;      ///< default; above 0, as is whatever replaces it
    std::string_view meaning;
    std::string_view provenance; ///< where the default comes from
};

/// The values of a detector's parameters, in their order. They change when the operator says so.
using Thresholds = std::vector<double>;

/// A detector of one node. All it does is answer to the hooks that it was made with.
class Detector {
public:
    Detector(const Thresholds& thresholds, Alarms& alarms) : thresholds_{thresholds}, alarms_{alarms} {}
    virtual ~Detector() = default;
    Detector(const Detector&) = delete;
    Detector& operator=(const Detector&) = delete;

protected:
    double threshold(std::size_t parameter) const { return thresholds_[parameter]; }
    /// Of a parameter in seconds.
    Time time(std::size_t parameter) const { return seconds(thresholds_[parameter]); }
    Alarms& alarms() { return alarms_; }

private:
    const Thresholds& thresholds_;
    Alarms& alarms_;
};

using AnomalySeverity = proto::AnomalyReport::Severity;

struct Definition {
    std::string_view kind;
    /// Follows the subject in a sentence: `192.0.2.1 ...`.
    std::string_view text;
    AnomalySeverity severity = proto::AnomalyReport::WARNING;
    /// One step more severe from ten times the threshold on. Not where a single message may reach that.
    bool escalates = true;
    /// At the threshold. At n times the threshold the rest to 100 is divided by n.
    unsigned confidence_percent = 0;
    std::span<const Parameter> parameters;
    /// The node's log may say why: the blocks and peers of the anomaly are looked up in it.
    bool uses_log = false;
    std::unique_ptr<Detector> (*make)(const Thresholds&, Alarms&, Hooks&) = nullptr;
};

/// Every detector, by name. CMake writes the list from the files of detectors/.
std::span<const Definition* const> all_detectors();

template <typename D>
std::unique_ptr<Detector> make_detector(const Thresholds& thresholds, Alarms& alarms, Hooks& hooks)
{
    return std::make_unique<D>(thresholds, alarms, hooks);
}

} // namespace peer_observer::detector
