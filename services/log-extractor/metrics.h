// The extractor's own figures, written by its loop and read at each scrape.
#pragma once

#include "libs/telemetry/telemetry.h"
#include "proto/log.pb.h"

#include <array>
#include <atomic>
#include <cstdint>

namespace peer_observer::log_extractor {

struct Metrics {
    std::atomic<std::uint64_t> bytes = 0;
    std::atomic<std::uint64_t> truncated_messages = 0;
    std::atomic<std::uint64_t> rotations = 0;
    std::atomic<std::uint64_t> truncations = 0;
    std::atomic<bool> is_open = false;
    /// By the number of the arm of proto::Log.
    std::array<std::atomic<std::uint64_t>, 64> events{};

    /// Adds peer_observer_log_extractor_*. This object must outlive `telemetry`.
    void add_to(telemetry::Telemetry& telemetry) const;
};

} // namespace peer_observer::log_extractor
