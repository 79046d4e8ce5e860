#include "services/archiver/recorder.h"

#include "libs/archive/file_name.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <vector>

namespace peer_observer::archiver {
namespace {

constexpr auto kMaintenance = std::chrono::seconds{10};
// A publisher that is forgotten and comes back is looked up on the disk.
constexpr std::size_t kMaxStreams = 4096;
// Open files take no more than this part of --keep-size, so that most of it is history.
constexpr std::uint64_t kOpenPart = 4;
// A file's header has 32 KiB: smaller files would hold little else.
constexpr std::uint64_t kLeastFileBytes = std::uint64_t{256} << 10U;

std::chrono::file_clock::time_point file_time(std::uint64_t unix_ns)
{
    return std::chrono::file_clock::from_sys(std::chrono::time_point_cast<std::chrono::system_clock::duration>(
        std::chrono::sys_time<std::chrono::nanoseconds>{std::chrono::nanoseconds{unix_ns}}));
}

} // namespace

Recorder::Recorder(Environment& environment, const RecorderOptions& options)
    : environment_{environment}, options_{options}, started_{environment.clock.steady()},
      started_wall_{believed_start()}
{
    limit_file_sizes();
    environment_.directory.recover();
    maintain();
}

void Recorder::add(const bus::Batch& batch)
{
    if (!archive::is_folder_name(std::string{batch.node})) {
        if (++environment_.counters.refused_batches == 1)
            spdlog::warn("a node named '{}' cannot be archived: that is not a valid folder name", batch.node);
        return;
    }
    Stream& stream = stream_of(batch);
    const bool is_credible = !batch.unknown_loss || batch.unknown_loss->publisher_id != batch.publisher_id;
    if (batch.unknown_loss && is_credible)
        stream.note_crash_of(batch.unknown_loss->publisher_id, batch.unknown_loss->next_sequence);
    stream.add(batch, batch.missed, is_credible);
}

Stream& Recorder::stream_of(const bus::Batch& batch)
{
    if (last_ != nullptr && last_key_.second == batch.publisher_id && last_key_.first == batch.node) return *last_;
    last_key_ = {std::string{batch.node}, batch.publisher_id};
    auto& stream = streams_[last_key_];
    if (!stream) {
        stream = std::make_unique<Stream>(environment_, last_key_.first, batch.publisher_id);
        spdlog::info("receiving from {}, publisher {}", last_key_.first, archive::publisher_text(batch.publisher_id));
        // The new one is the latest in use: it stays.
        limit_open_files();
        forget_idle_streams();
    }
    return *(last_ = stream.get());
}

void Recorder::limit_open_files()
{
    std::vector<Stream*> busy;
    for (const auto& [key, stream] : streams_)
        if (!stream->is_idle()) busy.push_back(stream.get());
    std::ranges::sort(busy, std::greater{}, &Stream::last_use);
    for (std::size_t i = options_.max_open_files; i < busy.size(); ++i)
        busy[i]->close();
}

void Recorder::limit_memory()
{
    std::size_t buffered = 0;
    for (const auto& [key, stream] : streams_)
        buffered += stream->buffered_bytes();
    while (buffered > options_.max_buffered_bytes) {
        const auto largest =
            std::ranges::max_element(streams_, {}, [](const auto& entry) { return entry.second->buffered_bytes(); });
        buffered -= largest->second->buffered_bytes();
        largest->second->seal();
    }
}

void Recorder::forget_idle_streams()
{
    while (streams_.size() > kMaxStreams) {
        const auto oldest =
            std::ranges::min_element(streams_, {}, [](const auto& entry) { return entry.second->last_use(); });
        oldest->second->close();
        if (oldest->second.get() == last_) last_ = nullptr;
        streams_.erase(oldest);
    }
}

void Recorder::tick()
{
    const auto now = environment_.clock.steady();
    limit_file_sizes();
    for (const auto& [key, stream] : streams_) {
        stream->tick();
        if (!stream->is_idle() && now - stream->last_use() >= options_.idle_time) stream->close();
    }
    limit_open_files();
    limit_memory();
    if (now >= next_maintenance_) maintain();
}

void Recorder::maintain()
{
    const auto now = environment_.clock.steady();
    next_maintenance_ = now + kMaintenance;
    const std::uint64_t errors = environment_.counters.write_errors;
    if (errors != errors_at_recovery_ && environment_.counters.failing_streams == 0) {
        errors_at_recovery_ = errors;
        environment_.directory.recover();
    }
    environment_.directory.retain(options_.limits, this->now());
}

/// By a clock that is wrong at the start every file would be too old. Then the time of the newest file is taken: that
/// little time has passed since is no worse than that files stay longer.
std::filesystem::file_time_type Recorder::believed_start() const
{
    const auto clock = file_time(environment_.clock.unix_ns());
    const auto newest = environment_.directory.newest();
    if (!newest || (*newest <= clock && clock - *newest <= options_.limits.age)) return clock;
    return *newest;
}

/// Nor must a clock that jumps into the future later empty the archive.
std::filesystem::file_time_type Recorder::now() const
{
    const auto ran =
        std::chrono::duration_cast<std::chrono::file_clock::duration>(environment_.clock.steady() - started_);
    return std::min(file_time(environment_.clock.unix_ns()), started_wall_ + ran);
}

void Recorder::limit_file_sizes()
{
    if (options_.limits.bytes == 0) return;
    const auto writing = static_cast<std::uint64_t>(
        std::ranges::count_if(streams_, [](const auto& entry) { return !entry.second->is_idle(); }));
    const auto share = options_.limits.bytes / (kOpenPart * std::max<std::uint64_t>(writing, 1));
    environment_.most_file_bytes = std::max(share, kLeastFileBytes);
    const bool is_too_little = writing * kLeastFileBytes * 2 > options_.limits.bytes;
    if (is_too_little && !keeps_too_little_)
        spdlog::warn("--keep-size {} MiB is too small for {} publishers: files are deleted soon "
                     "after they are closed; {} MiB would keep some history",
                     options_.limits.bytes >> 20U, writing, (writing * kLeastFileBytes * kOpenPart >> 20U) + 1);
    keeps_too_little_ = is_too_little;
}

void Recorder::close()
{
    for (const auto& [key, stream] : streams_)
        stream->close();
    maintain();
}

} // namespace peer_observer::archiver
