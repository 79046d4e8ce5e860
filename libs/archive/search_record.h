// The record that says what is in the frames in front of it.
#pragma once

#include "libs/archive/frame_contents.h"
#include "proto/archive.pb.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::archive {

/// What a search reads at once, about; and what an archiver holds in memory.
inline constexpr std::size_t kSearchRecordBytes = std::size_t{256} << 10U;

/// Gathers the frames of one record.
class SearchRecord {
public:
    /// `contents`: as FrameContents serializes it.
    void add(const proto::ArchiveFrame& frame, std::string_view contents);

    bool is_empty() const { return bytes_.empty(); }
    bool is_full() const { return bytes_.size() >= kSearchRecordBytes; }
    /// The whole skippable frame.
    std::string encode() const;
    /// Whether it is about the same frames. `record`: the ArchiveSearch of a record.
    bool is_about_the_frames_of(std::string_view record) const;

private:
    std::string bytes_; ///< ArchiveSearch
};

/// Records that are not written yet. Frames that would be too many are left out: searches read them.
class PendingSearch {
public:
    void add(const proto::ArchiveFrame& frame, std::string_view contents);
    /// What was written.
    void pop_front() { records_.erase(records_.begin()); }
    const std::vector<SearchRecord>& records() const { return records_; }
    /// Whether a record need not wait for more frames.
    bool is_due() const { return !records_.empty() && records_.front().is_full(); }

private:
    std::vector<SearchRecord> records_;
};

} // namespace peer_observer::archive
