// How many events of which kind there were over a time of which nobody knows the length before its end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace peer_observer::web {

class Activity {
public:
    static constexpr std::size_t kSteps = 120;
    static constexpr std::size_t kMostKinds = 64; ///< peers choose message types; those beyond count as `*other*`
    using Counts = std::array<std::uint64_t, kSteps>;

    /// Where the time becomes longer than all steps, steps become twice as long. What is before the first event counts
    /// to the first step.
    void add(std::uint64_t time_ns, std::string_view kind);

    std::uint64_t start_ns() const { return start_ns_; }
    std::uint64_t step_ns() const { return step_ns_; }
    std::size_t steps() const { return steps_; } ///< up to the latest event
    const std::map<std::string, Counts, std::less<>>& kinds() const { return kinds_; }

private:
    Counts& counts(std::string_view kind);

    std::uint64_t start_ns_ = 0;
    std::uint64_t step_ns_ = 1'000'000;
    std::size_t steps_ = 0;
    std::map<std::string, Counts, std::less<>> kinds_;
};

} // namespace peer_observer::web
