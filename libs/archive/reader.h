// Reads an archive file: its header, then its batches and gaps, or only those of a range.
#pragma once

#include "libs/archive/input_file.h"
#include "libs/archive/scanner.h"
#include "libs/events/event_view.h"
#include "proto/archive.pb.h"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>

namespace peer_observer::archive {

/// From the first values on, and below the second ones.
struct Range {
    static constexpr std::uint64_t kEnd = std::numeric_limits<std::uint64_t>::max();

    std::uint64_t from_ns = 0;
    std::uint64_t to_ns = kEnd;
    std::uint64_t from_sequence = 0;
    std::uint64_t to_sequence = kEnd;

    bool is_everything() const;
    bool contains(const events::EventView& event) const;
    bool touches(const proto::ArchiveFrame& frame) const;
};

class Reader {
public:
    /// Frames that have nothing of the range are left out by means of the index; those that have may hold more than it.
    /// Throws std::system_error naming the file, std::runtime_error for a format version that is not known.
    explicit Reader(const std::filesystem::path& path, const Range& range = {});

    /// A chunk of batches, a gap or damage; nothing at the end. What it views is valid until the next call.
    std::optional<Chunk> next();

    const std::filesystem::path& path() const { return path_; }
    std::uint64_t size() const { return file_.size(); }
    std::uint64_t position() const { return scanner_.position(); }
    /// The file is being written, or its writer was killed.
    bool is_open() const { return is_open_; }
    /// What an open file has behind its last whole frame. Known at the end.
    std::uint64_t unfinished_bytes() const { return unfinished_bytes_; }
    /// Nothing where it is damaged.
    const std::optional<proto::ArchiveHeader>& header() const { return header_; }
    /// Nothing in an open or truncated file.
    const std::optional<proto::ArchiveIndex>& index() const { return index_; }

private:
    void read_header();
    std::optional<Chunk> end();
    bool skip_frame();

    std::filesystem::path path_;
    Range range_;
    bool is_open_;
    InputFile file_;
    Scanner scanner_{file_};
    std::optional<proto::ArchiveHeader> header_;
    std::optional<proto::ArchiveIndex> index_;
    std::unordered_map<std::uint64_t, const proto::ArchiveFrame*> frames_by_offset_;
    std::string header_problem_;
    std::string index_problem_;
    std::uint64_t unfinished_bytes_ = 0;
    bool ended_ = false;
};

} // namespace peer_observer::archive
