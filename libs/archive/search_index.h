// Adds search records to files of older archivers.
#pragma once

#include "libs/archive/recovery.h"

#include <filesystem>

namespace peer_observer::archive {

/// Rewrites a closed file with search records, beside it and then over it, so that a crash leaves one or the other. Its
/// time, owner and mode stay. False where it has records of all frames already. Throws std::runtime_error where it is
/// damaged or has no index, std::system_error, and what `progress` throws; then it is as it was.
bool add_search_records(const std::filesystem::path& path, const Progress& progress = {});

} // namespace peer_observer::archive
