#include "services/archive-reader/pace.h"

#include <poll.h>
#include <time.h>

#include <algorithm>

namespace peer_observer::archive_reader {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

void Pace::restart() { last_ns_.reset(); }

steady_clock::time_point Pace::due(std::uint64_t time_ns, std::uint64_t events, steady_clock::time_point now)
{
    if (!last_ns_) due_ = rate_due_ = now;
    const std::uint64_t last = last_ns_.value_or(time_ns);
    last_ns_ = time_ns;
    if (options_.factor && time_ns > last) {
        // A jump of the clock may be of any size.
        constexpr double kLongest = 1e18;
        const double pause = std::min(static_cast<double>(time_ns - last) / *options_.factor, kLongest);
        due_ += std::min(nanoseconds{static_cast<std::int64_t>(pause)}, options_.max_pause);
    }
    auto due = options_.factor ? due_ : now;
    if (options_.events_per_second > 0) {
        due = std::max(due, rate_due_);
        const double pause = 1e9 * static_cast<double>(events) / static_cast<double>(options_.events_per_second);
        rate_due_ = std::max(due, now) + nanoseconds{static_cast<std::int64_t>(pause)};
    }
    return due;
}

void sleep_until(steady_clock::time_point time, int fd)
{
    const auto rest = std::max(nanoseconds{0}, nanoseconds{time - steady_clock::now()});
    const timespec timeout{.tv_sec = rest.count() / 1'000'000'000, .tv_nsec = rest.count() % 1'000'000'000};
    pollfd stop{fd, POLLIN, 0};
    (void)ppoll(&stop, 1, &timeout, nullptr);
}

} // namespace peer_observer::archive_reader
