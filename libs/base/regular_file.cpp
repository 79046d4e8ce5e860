#include "libs/base/regular_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace peer_observer::base {
namespace {

FileError failure(int number) { return {number, std::generic_category().message(number)}; }

FileError wrong_type(mode_t mode) { return S_ISDIR(mode) ? failure(EISDIR) : FileError{EINVAL, "not a regular file"}; }

} // namespace

std::expected<RegularFile, FileError> RegularFile::open(const std::string& path)
{
    struct stat status{};
    // To open a device may have effects of its own: look first.
    if (stat(path.c_str(), &status) != 0) return std::unexpected{failure(errno)};
    if (!S_ISREG(status.st_mode)) return std::unexpected{wrong_type(status.st_mode)};
    Descriptor descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (!descriptor) return std::unexpected{failure(errno)};
    RegularFile file{std::move(descriptor), status};
    if (fstat(file.descriptor(), &file.status_) != 0) return std::unexpected{failure(errno)};
    if (!S_ISREG(file.status_.st_mode)) return std::unexpected{wrong_type(file.status_.st_mode)};
    return file;
}

std::expected<std::string, FileError> RegularFile::read(std::size_t most) const
{
    constexpr std::size_t kStep = std::size_t{64} << 10U;
    std::string text;
    while (true) {
        const std::size_t have = text.size();
        text.resize(std::min(have + kStep, most + 1));
        const ssize_t got = pread(descriptor(), text.data() + have, text.size() - have, static_cast<off_t>(have));
        if (got < 0 && errno != EINTR) return std::unexpected{failure(errno)};
        text.resize(have + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (text.size() > most) return std::unexpected{failure(EFBIG)};
        if (got == 0) return text;
    }
}

std::expected<std::string, FileError> read_regular_file(const std::string& path, std::size_t most)
{
    const auto file = RegularFile::open(path);
    return file ? file->read(most) : std::unexpected{file.error()};
}

} // namespace peer_observer::base
