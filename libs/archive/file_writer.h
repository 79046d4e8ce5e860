// Writes one archive file, so that what was synced survives whatever happens.
#pragma once

#include "libs/archive/search_record.h"
#include "proto/archive.pb.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace peer_observer::archive {

/// The header of a file that this build writes, with the descriptors of all types.
proto::ArchiveHeader make_header(const std::string& software, std::uint64_t created_ns);

class FileWriter {
public:
    /// Creates `path` with ".open" behind it, for this process alone, and writes the header. Throws std::system_error
    /// naming the file; then there is none.
    FileWriter(const std::filesystem::path& path, const proto::ArchiveHeader& header);

    /// Continues with an open file that consists of `size` good bytes; what is behind them goes. Throws
    /// std::system_error, with std::errc::resource_unavailable_try_again where another process is writing it.
    /// `pending`: of the frames that no search record of the index is about.
    FileWriter(const std::filesystem::path& open_path, std::uint64_t size, proto::ArchiveIndex index,
               PendingSearch pending = {});

    /// Leaves a file that was not closed under its open name.
    ~FileWriter();
    FileWriter(const FileWriter&) = delete;
    FileWriter& operator=(const FileWriter&) = delete;

    /// Appends gaps and behind them a frame as Compressor makes it, or no frame (empty). After an error the file is as
    /// it was before, or broken(). `contents`: of FrameContents; without it, searches always read the frame.
    std::error_code append(std::span<const proto::ArchiveGap> gaps, proto::ArchiveFrame info, std::string_view frame,
                           std::string_view contents = {});

    /// Waits until everything is on the disk.
    std::error_code sync();

    /// Writes the index, syncs, and gives the file its final name. After an error the file is complete but for its
    /// index.
    std::error_code close();

    /// Deletes the open file: what it has is elsewhere, too. Nothing may follow.
    std::error_code remove();

    /// What an error left behind could not be taken back: leave the file alone, the next start repairs it.
    bool broken() const { return broken_; }
    const std::filesystem::path& path() const { return path_; } ///< the final name
    std::uint64_t size() const { return size_; }
    const proto::ArchiveIndex& index() const { return index_; }
    bool full() const; ///< no room for more in the index

private:
    std::error_code write(std::string_view bytes);
    std::error_code write_search();

    std::filesystem::path path_;
    std::filesystem::path open_path_;
    int fd_ = -1;
    std::uint64_t size_ = 0;
    proto::ArchiveIndex index_;
    PendingSearch search_; ///< of the last frames, not written yet
    bool broken_ = false;
};

} // namespace peer_observer::archive
