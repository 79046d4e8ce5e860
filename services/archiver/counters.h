// What the archiver counts. Written by its one thread, read by the metrics endpoint's.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

namespace peer_observer::archiver {

using Counter = std::atomic<std::uint64_t>;

struct Counters {
    Counter written_events;
    Counter written_frames;
    Counter content_bytes; ///< of the frames written, before compression
    Counter written_bytes; ///< to files
    Counter not_received_events;
    Counter not_written_events;
    Counter not_running_events;
    Counter unknown_losses; ///< each of an unknown number of events
    Counter duplicate_events;
    Counter unselected_events;
    Counter refused_batches;
    Counter write_errors;
    Counter failing_streams; ///< now
    Counter open_files;      ///< now
    Counter closed_files;
    Counter recovered_files;
    Counter deleted_files;
    Counter archive_bytes; ///< now, as the last look at the folder found it
};

} // namespace peer_observer::archiver
