// Counts in steps of ten seconds, for the last ten minutes.
#pragma once

#include "libs/web/state/limits.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace peer_observer::web {

class Rates {
public:
    static constexpr std::size_t kSteps = 60;
    static constexpr std::uint64_t kStepNs = 10 * kSecond;

    enum Series : std::uint8_t { messages_in, messages_out, bytes_in, bytes_out };
    static constexpr std::size_t kSeries = 4;

    /// What is older than the steps that are kept is left out.
    void add(Series series, std::uint64_t time_ns, std::uint64_t count)
    {
        advance(time_ns);
        const auto step = time_ns / kStepNs;
        if (step + kSteps > latest_) counts_[series][step % kSteps] += count;
    }

    /// The steps that end with the one before that of `now_ns`, oldest first.
    std::array<std::uint64_t, kSteps> steps(Series series, std::uint64_t now_ns) const
    {
        std::array<std::uint64_t, kSteps> steps{};
        const auto end = now_ns / kStepNs; // not complete
        for (std::size_t i = 0; i < kSteps; ++i) {
            if (end < kSteps - i) continue;
            const auto step = end - kSteps + i;
            if (step <= latest_ && step + kSteps > latest_) steps[i] = counts_[series][step % kSteps];
        }
        return steps;
    }

private:
    void advance(std::uint64_t time_ns)
    {
        const auto step = time_ns / kStepNs;
        if (step <= latest_) return;
        const auto first = step - latest_ >= kSteps ? step - kSteps + 1 : latest_ + 1;
        for (auto& counts : counts_)
            for (auto i = first; i <= step; ++i)
                counts[i % kSteps] = 0;
        latest_ = step;
    }

    std::array<std::array<std::uint64_t, kSteps>, kSeries> counts_{};
    std::uint64_t latest_ = 0;
};

} // namespace peer_observer::web
