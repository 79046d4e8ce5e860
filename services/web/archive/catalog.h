// Which archive files there are, by their headers and indexes: nothing else is read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace peer_observer::web {

struct ArchiveFile {
    std::filesystem::path path;
    std::vector<std::string> nodes;
    std::uint64_t from_ns = 0; ///< of the earliest event
    std::uint64_t to_ns = 0;   ///< of the latest one; of an open file, when it was written to
    std::uint64_t events = 0;  ///< 0 of an open file: nobody knows
    std::uint64_t bytes = 0;
    bool is_open = false;
    std::string problem; ///< why it cannot be read
};

/// The files below the directory, in the order of their paths; at most 100,000. Throws std::runtime_error where it
/// cannot be read.
std::vector<ArchiveFile> read_catalog(const std::filesystem::path& directory);

/// What is shown from a moment on reaches so far: files that begin later are not opened.
inline constexpr std::uint64_t kWindowNs = std::uint64_t{24} * 3600 * 1'000'000'000;

/// Those that may have events from this time on, in its window.
std::vector<std::filesystem::path> files_from(const std::vector<ArchiveFile>& files, std::uint64_t from_ns);

} // namespace peer_observer::web
