// Reads an archive file: its header, then its batches and gaps, or only those of a range.
#pragma once

#include "libs/archive/frame_filter.h"
#include "libs/archive/input_file.h"
#include "libs/archive/scanner.h"
#include "libs/events/event_view.h"
#include "proto/archive.pb.h"

#include <cstdint>
#include <deque>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace peer_observer::archive {

/// From the first values on, and below the second ones.
struct Range {
    static constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();

    std::uint64_t from_ns = 0;
    std::uint64_t to_ns = kEnd;
    std::uint64_t from_sequence = 0;
    std::uint64_t to_sequence = kEnd;

    bool is_everything() const;
    bool has_times() const { return from_ns > 0 || to_ns < kEnd; }
    bool contains(const events::EventView& event) const;
    bool touches(const proto::ArchiveFrame& frame) const;
    /// Whether events can be missing within the range. They happened between the gap's neighbours.
    bool touches_gap(const Chunk& gap) const;
    /// Whether all that is missing there is missing within the range.
    bool contains_gap(const Chunk& gap) const;
};

class Reader {
public:
    /// Frames that have nothing of the range are left out by means of the index; those that have may hold more than it.
    /// So are gaps.
    /// With a filter, which is used in the constructor only, `skipped` chunks stand in the place of frames of the range
    /// that have nothing of what it looks for; of frames that may have it, all events are given.
    /// Throws std::system_error naming the file, std::runtime_error for a format version that is not known.
    explicit Reader(const std::filesystem::path& path, const Range& range = {}, FrameFilter* filter = nullptr);

    /// A chunk of batches, a gap, damage or, with a filter, what was skipped; nothing at the end. What it views is
    /// valid until the next call.
    std::optional<Chunk> next();

    /// Gives away the content of the chunk of batches that next() has returned: what it views is valid as long as
    /// `other`, whose memory may be used for the next one.
    void swap_content(std::string& other) { scanner_.swap_content(other); }

    /// The time of the last event of the publisher's file before this one, for a gap that this one begins with. Call it
    /// before next().
    void continue_from(std::uint64_t latest_ns) { latest_ns_ = latest_ns; }
    /// The time of the last event so far, that of continue_from() before the first one; 0 = not known. Known in a
    /// Reader of a time range only.
    std::uint64_t latest_ns() const { return latest_ns_; }

    const std::filesystem::path& path() const { return path_; }
    std::uint64_t size() const { return file_.size(); }
    std::uint64_t position() const { return scanner_.position(); }
    /// The file is being written, or its writer was killed.
    bool is_open() const { return is_open_; }
    /// What an open file has behind its last whole frame. Known at the end.
    std::uint64_t unfinished_bytes() const { return unfinished_bytes_; }
    /// Nothing where it is damaged.
    const std::optional<proto::ArchiveHeader>& header() const { return header_; }
    /// Null in an open or truncated file.
    const proto::ArchiveIndex* index() const { return index_ ? &index_->entries : nullptr; }

private:
    void read_header();
    void find_index(FrameFilter* filter);
    std::optional<Chunk> read();
    std::optional<Chunk> end();
    void search(FrameFilter& filter);
    void ask_ahead();
    std::optional<Chunk> skip();
    void settle_gaps(std::uint64_t before_ns);

    std::filesystem::path path_;
    Range range_;
    bool is_open_;
    InputFile file_;
    Scanner scanner_{file_};
    std::optional<proto::ArchiveHeader> header_;
    std::optional<Index> index_;
    std::unordered_map<std::uint64_t, const proto::ArchiveFrame*> frames_by_offset_;
    std::unordered_set<std::uint64_t> without_;                 ///< offsets of frames that the filter excludes
    std::unordered_map<std::uint64_t, std::uint64_t> searches_; ///< search records that were read: where each ends
    std::vector<const proto::ArchiveFrame*> wanted_;            ///< with a filter: frames that it does not exclude
    std::size_t asked_ = 0;                                     ///< of them: those that the kernel was asked to read
    std::string header_problem_;
    std::string index_problem_;
    std::uint64_t unfinished_bytes_ = 0;
    bool ended_ = false;
    std::uint64_t latest_ns_ = 0;
    std::vector<Chunk> waiting_; ///< in a time range: gaps, for the event behind them, and damage between
    std::deque<Chunk> ready_;    ///< read, and to be returned
};

} // namespace peer_observer::archive
