#include "services/extractor/clocks.h"

#include <limits>

namespace peer_observer::extractor {

std::int64_t clock_ns(clockid_t clock)
{
    timespec time{};
    (void)clock_gettime(clock, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::int64_t unix_time_offset_ns(std::int64_t (*read)(clockid_t))
{
    constexpr int kAttempts = 3;
    std::int64_t offset = 0;
    auto quickest = std::numeric_limits<std::int64_t>::max();
    for (int i = 0; i < kAttempts; ++i) {
        const auto before = read(CLOCK_MONOTONIC);
        const auto unix_time = read(CLOCK_REALTIME);
        const auto took = read(CLOCK_MONOTONIC) - before;
        if (took >= quickest) continue;
        quickest = took;
        offset = unix_time - (before + took / 2);
    }
    return offset;
}

} // namespace peer_observer::extractor
