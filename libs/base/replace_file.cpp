#include "libs/base/replace_file.h"

#include "libs/base/sync_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace peer_observer::base {
namespace {

FileError last_error() { return {errno, std::generic_category().message(errno)}; }

bool write_all(int descriptor, std::string_view text)
{
    while (!text.empty()) {
        const ssize_t written = write(descriptor, text.data(), text.size());
        if (written < 0 && errno != EINTR) return false;
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

} // namespace

std::optional<FileError> replace_file(const std::string& path, std::string_view text, Outlives what)
{
    const bool syncs = what == Outlives::power_loss;
    const auto next = path + ".new";
    {
        const Descriptor file{open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644)};
        if (!file || !write_all(file.get(), text) || (syncs && fdatasync(file.get()) != 0)) return last_error();
    }
    if (std::rename(next.c_str(), path.c_str()) != 0) return last_error();
    if (!syncs) return std::nullopt;
    if (const auto error = sync_folder(std::filesystem::path{path}.parent_path()))
        return FileError{error.value(), error.message()};
    return std::nullopt;
}

} // namespace peer_observer::base
