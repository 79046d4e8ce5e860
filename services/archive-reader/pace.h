// When a replay publishes what.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace peer_observer::archive_reader {

class Pace {
public:
    struct Options {
        /// How many times as fast as it happened; nothing = as fast as possible.
        std::optional<double> factor;
        std::uint64_t events_per_second = 0; ///< 0 = no limit
        std::chrono::nanoseconds max_pause = std::chrono::nanoseconds::max();
    };

    explicit Pace(const Options& options) : options_{options} {}

    /// The next event is the first one again.
    void restart();

    /// When events that happened at `time_ns` are to be published. Where time goes back, at once.
    std::chrono::steady_clock::time_point due(std::uint64_t time_ns, std::uint64_t events,
                                              std::chrono::steady_clock::time_point now);

private:
    Options options_;
    std::optional<std::uint64_t> last_ns_;
    std::chrono::steady_clock::time_point due_;
    std::chrono::steady_clock::time_point rate_due_;
};

/// Returns earlier when fd becomes readable.
void sleep_until(std::chrono::steady_clock::time_point time, int fd);

} // namespace peer_observer::archive_reader
