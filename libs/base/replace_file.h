// A small file that is replaced as a whole: whoever reads it, also after a crash, sees the old text or the new one.
#pragma once

#include "libs/base/regular_file.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace peer_observer::base {

enum class Outlives : std::uint8_t {
    process,    ///< a killed process; after a power loss the file may be empty
    power_loss, ///< the disk has written the text before the name is changed, and the name before this returns
};

/// Writes `path`.new and renames it to `path`. On an error `path` is as it was.
std::optional<FileError> replace_file(const std::string& path, std::string_view text, Outlives what);

} // namespace peer_observer::base
