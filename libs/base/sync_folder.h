// Makes the names in a folder as durable as the files.
#pragma once

#include <filesystem>
#include <system_error>

namespace peer_observer::base {

/// Waits until creations, renames and deletions in a folder are on the disk. Empty = the current one.
std::error_code sync_folder(const std::filesystem::path& folder);

} // namespace peer_observer::base
