#include "libs/base/sync_folder.h"

#include "libs/base/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace peer_observer::base {

std::error_code sync_folder(const std::filesystem::path& folder)
{
    const Descriptor descriptor{open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!descriptor || fsync(descriptor.get()) != 0) return {errno, std::generic_category()};
    return {};
}

} // namespace peer_observer::base
