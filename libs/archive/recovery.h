// Closes files that were left open, and makes damaged ones whole.
#pragma once

#include "proto/archive.pb.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace peer_observer::archive {

/// What was found in a file, and what became of it.
struct Recovery {
    std::filesystem::path path; ///< of the file as it is now; empty if it held no event and was removed
    std::uint64_t events = 0;
    std::uint64_t cut_bytes = 0;       ///< at the end, behind the last good frame
    std::vector<std::string> problems; ///< damage elsewhere, with the offset
};

/// Called while reading, with the bytes done and the bytes of the file.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Closes a file that its writer left open: cuts what is behind the last good frame, adds the index, renames. Damage in
/// the middle stays as it is, and out of the index. Throws std::system_error, with
/// std::errc::resource_unavailable_try_again where a process is writing the file.
Recovery close_open_file(const std::filesystem::path& open_path, const Progress& progress = {});

/// Writes a file without the damaged parts of a closed one, with gap records in their place, under its name. The
/// damaged file stays, with ".damaged" behind its name. `now_ns` goes into the records. Throws std::system_error.
Recovery rewrite_file(const std::filesystem::path& path, std::uint64_t now_ns, const Progress& progress = {});

/// Whether another closed file of the publisher in that folder has all events of this closed one. A writer that is
/// killed may leave two, with the events of a frame in both.
bool is_contained_elsewhere(const std::filesystem::path& path);

} // namespace peer_observer::archive
