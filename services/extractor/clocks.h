// The clock of the kernel's records against UNIX time.
#pragma once

#include <time.h>

#include <cstdint>

namespace peer_observer::extractor {

/// The time of a clock in nanoseconds.
std::int64_t clock_ns(clockid_t clock);

/// What to add to CLOCK_MONOTONIC for UNIX time. CLOCK_REALTIME is read between two readings of CLOCK_MONOTONIC, and
/// of several attempts the quickest counts: this thread may lose the processor between two readings. `read` is for
/// tests.
std::int64_t unix_time_offset_ns(std::int64_t (*read)(clockid_t) = clock_ns);

} // namespace peer_observer::extractor
