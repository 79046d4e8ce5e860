// The batches and gaps of many files, in the order of their time.
#pragma once

#include "libs/archive/reader.h"

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace peer_observer::archive {

/// The files of one publisher, one after the other.
class Track {
public:
    struct Item {
        const events::Batch* batch = nullptr;
        const Chunk* gap = nullptr; ///< one of the two
        std::uint64_t taken = 0;    ///< events of the batch that pop_events() took
    };
    using OnDamage = std::function<void(const std::filesystem::path&, const Chunk&)>;

    Track(std::deque<std::filesystem::path> files, const Range& range, OnDamage on_damage);

    /// What comes next; neither at the end. Valid until pop().
    Item front();
    void pop();
    /// Takes the first events of the batch that are not taken yet, but not all of them; the next one has that time.
    void pop_events(std::uint64_t count, std::uint64_t next_time_ns);
    /// Time of the first event of what comes next; a gap has the time of what came before it.
    std::uint64_t time_ns();
    /// Bytes of the files that were read.
    std::uint64_t bytes_done() const;
    /// Frees what it holds until front() is called again. Only before the first pop().
    void close();

private:
    void load();

    std::deque<std::filesystem::path> files_;
    Range range_;
    OnDamage on_damage_;
    std::unique_ptr<Reader> reader_;
    std::optional<Chunk> chunk_;
    std::size_t next_batch_ = 0;
    std::uint64_t taken_ = 0;
    std::optional<std::uint64_t> time_;
    std::uint64_t bytes_done_ = 0;
    std::uint64_t latest_ns_ = 0; ///< of the last event of the files that were read
};

/// Always the track whose next batch is the earliest.
class Tracks {
public:
    /// Sorts the files by publisher, and the files of each by sequence number.
    Tracks(const std::vector<std::filesystem::path>& files, const Range& range, const Track::OnDamage& on_damage);

    /// Null at the end. After taking something from it, call advanced().
    Track* front() { return heap_.empty() ? nullptr : heap_.front().get(); }
    /// The time of the track that comes second, Range::kEnd if there is none.
    std::uint64_t second_time_ns() const;
    void advanced();

    /// Node and publisher of every track that could be told.
    const std::vector<proto::ArchiveSource>& sources() const { return sources_; }
    /// What was selected when the files were written, of all of them together.
    const proto::ArchiveSelection& selection() const { return selection_; }
    std::uint64_t bytes_done() const;

private:
    std::vector<std::unique_ptr<Track>> heap_; ///< earliest first
    std::vector<proto::ArchiveSource> sources_;
    proto::ArchiveSelection selection_;
    std::uint64_t bytes_done_ = 0; ///< of tracks that have ended
};

} // namespace peer_observer::archive
