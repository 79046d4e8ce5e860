// All publishers' streams, and the upkeep of their folder.
#pragma once

#include "libs/bus/subscriber.h"
#include "services/archiver/stream.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace peer_observer::archiver {

struct RecorderOptions {
    Directory::Limits limits;
    /// A file is closed when its publisher was silent for that long; a publisher that lives sends a heartbeat a second.
    std::chrono::seconds idle_time{60};
    /// As many as the descriptors suffice for. Beyond it, the file of the publisher that was silent for longest is
    /// closed, and its next event begins another one.
    std::size_t max_open_files = 4096;
    /// Of events that are in no frame yet, of all publishers: beyond it, the largest become frames early.
    std::size_t max_buffered_bytes = std::size_t{256} << 20U;
};

class Recorder {
public:
    /// Closes what an earlier archiver left open. environment outlives the recorder.
    Recorder(Environment& environment, const RecorderOptions& options);

    void add(const bus::Batch& batch);

    /// Does what is due by time. Call it every 100 ms or so.
    void tick();

    /// Writes all that there is, and closes all files.
    void close();

private:
    using Key = std::pair<std::string, std::uint64_t>;

    Stream& stream_of(const bus::Batch& batch);
    void limit_open_files();
    void limit_memory();
    void forget_idle_streams();
    void maintain();
    void limit_file_sizes();
    std::filesystem::file_time_type believed_start() const;
    std::filesystem::file_time_type now() const;

    Environment& environment_;
    RecorderOptions options_;
    std::map<Key, std::unique_ptr<Stream>> streams_;
    Stream* last_ = nullptr; ///< whose batch came last: most often the next one's too
    Key last_key_;
    std::chrono::steady_clock::time_point next_maintenance_;
    std::uint64_t errors_at_recovery_ = 0;
    bool keeps_too_little_ = false; ///< and it was said
    std::chrono::steady_clock::time_point started_;
    std::filesystem::file_time_type started_wall_; ///< when we started, as far as the clock is believed
};

} // namespace peer_observer::archiver
