// What the service counts. Written by its threads, read by the metrics endpoint's.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace peer_observer::clickhouse {

using Counter = std::atomic<std::uint64_t>;

/// Why a request failed.
enum class Cause { unreachable, timeout, busy, full, access, schema, data, other };
inline constexpr std::array<std::string_view, 8> kCauseNames = {"unreachable", "timeout", "busy", "full",
                                                                "access",      "schema",  "data", "other"};

struct Counters {
    Counter events;       ///< whose rows are all stored
    Counter rows;         ///< stored
    Counter bytes;        ///< of them
    Counter refused_rows; ///< put aside with their reason
    Counter spool_bytes;  ///< now
    Counter oldest_ns;    ///< the oldest event that waits, by its time; 0 = none waits
    Counter not_stored;   ///< events that the spool had no room for
    Counter not_running;  ///< events that came while the service did not run
    Counter not_received;
    Counter dropped_partitions;
    std::array<Counter, kCauseNames.size()> errors; ///< by Cause
};

} // namespace peer_observer::clickhouse
