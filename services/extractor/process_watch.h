// Tells which processes run the traced files, and that none does.
#pragma once

#include "services/extractor/processes.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace peer_observer::extractor {

class ProcessWatch {
public:
    using Clock = std::chrono::steady_clock;

    /// `name` is of what is traced.
    explicit ProcessWatch(std::string name) : name_{std::move(name)} {}

    /// After a look at all processes: those that run a traced file, and those that one could have meant instead.
    void update(std::vector<Process> running, const std::vector<Process>& similar, bool saw_all,
                Clock::time_point now = Clock::now());

    /// How many run a traced file; nothing when that cannot be known.
    std::optional<std::size_t> count() const { return count_; }

private:
    void tell_changes(const std::vector<Process>& running);
    void tell_absence(const std::vector<Process>& similar, Clock::time_point now);

    std::string name_;
    std::vector<Process> running_;
    std::optional<std::size_t> count_;
    std::optional<Clock::time_point> none_since_;
    std::optional<std::string> told_absence_; ///< what was said since none runs it
    Clock::time_point next_absence_;
    bool told_hidden_ = false;
};

} // namespace peer_observer::extractor
