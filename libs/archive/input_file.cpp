#include "libs/archive/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace peer_observer::archive {
namespace {

[[noreturn]] void fail(int error, const std::string& what)
{
    throw std::system_error{error, std::generic_category(), what};
}

} // namespace

InputFile::InputFile(const std::filesystem::path& path)
    : name_{path}, descriptor_{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)}
{
    struct stat status{};
    if (!descriptor_) fail(errno, "cannot open " + name_);
    const int error = fstat(fd(), &status) != 0 ? errno : S_ISREG(status.st_mode) ? 0 : EINVAL;
    if (error != 0) fail(error, "cannot read " + name_);
    size_ = static_cast<std::uint64_t>(status.st_size);
}

void InputFile::read_sparsely(bool is_sparse)
{
    if (is_sparse == (read_ahead_ == 0)) return;
    read_ahead_ = is_sparse ? 0 : kReadAhead;
    (void)posix_fadvise(fd(), 0, 0, is_sparse ? POSIX_FADV_RANDOM : POSIX_FADV_NORMAL);
}

void InputFile::will_need(std::uint64_t offset, std::uint64_t count) const
{
    (void)posix_fadvise(fd(), static_cast<off_t>(offset), static_cast<off_t>(count), POSIX_FADV_WILLNEED);
}

std::string_view InputFile::view(std::uint64_t offset, std::size_t count, std::size_t read_ahead)
{
    if (offset >= size_) return {};
    count = static_cast<std::size_t>(std::min<std::uint64_t>(count, size_ - offset));
    if (offset < buffer_offset_ || offset + count > buffer_offset_ + buffer_.size()) {
        buffer_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(std::max(count, read_ahead), size_ - offset)));
        buffer_offset_ = offset;
        std::size_t have = 0;
        while (have < buffer_.size()) {
            const ssize_t got =
                pread(fd(), buffer_.data() + have, buffer_.size() - have, static_cast<off_t>(offset + have));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) {
                const int error = errno;
                buffer_.clear();
                fail(error, "cannot read " + name_);
            }
            if (got == 0) break; // it has become shorter
            have += static_cast<std::size_t>(got);
        }
        buffer_.resize(have);
    }
    return std::string_view{buffer_}.substr(static_cast<std::size_t>(offset - buffer_offset_), count);
}

} // namespace peer_observer::archive
