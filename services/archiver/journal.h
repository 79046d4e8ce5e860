// The events of a frame that is not whole yet, on the disk: an archive file of its own, which a crash leaves behind.
#pragma once

#include "libs/archive/file_writer.h"
#include "proto/archive.pb.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <system_error>

namespace peer_observer::archiver {

class Journal {
public:
    /// Throws std::system_error.
    Journal(const std::filesystem::path& path, const proto::ArchiveHeader& header) : file_{path, header} {}

    /// Compresses the batches of `content` and appends them behind the gaps.
    std::error_code append(std::span<const proto::ArchiveGap> gaps, const proto::ArchiveFrame& info,
                           std::string_view content);
    std::error_code sync() { return file_.sync(); }

    /// Its events are in the archive.
    std::error_code remove() { return file_.remove(); }

    const std::filesystem::path& path() const { return file_.path(); }
    bool broken() const { return file_.broken(); }
    std::uint64_t size() const { return file_.size(); }
    std::uint64_t events() const { return events_; }
    std::uint64_t end_sequence() const { return end_sequence_; } ///< behind its last event

private:
    archive::FileWriter file_;
    std::uint64_t events_ = 0;
    std::uint64_t end_sequence_ = 0;
};

} // namespace peer_observer::archiver
