// Files that options name: never waited for, refused unless they are regular files, read up to a limit.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <expected>
#include <string>
#include <utility>

namespace peer_observer::base {

struct FileError {
    int number = 0;     ///< errno; EINVAL: not a regular file, EFBIG: larger than the limit
    std::string reason; ///< for people: "Permission denied"
};

class RegularFile {
public:
    /// A FIFO or a device is not opened for reading: open() would wait for its other end.
    static std::expected<RegularFile, FileError> open(const std::string& path);

    RegularFile(RegularFile&& other) noexcept
        : descriptor_{std::exchange(other.descriptor_, -1)}, status_{other.status_}
    {}
    RegularFile(const RegularFile&) = delete;
    RegularFile& operator=(const RegularFile&) = delete;
    RegularFile& operator=(RegularFile&&) = delete;
    ~RegularFile();

    int descriptor() const { return descriptor_; }
    /// Of the file that is open, whatever happens to its path.
    const struct stat& status() const { return status_; }

    /// Its bytes from the beginning; an error when there are more than `most`.
    std::expected<std::string, FileError> read(std::size_t most) const;

private:
    RegularFile(int descriptor, const struct stat& status) : descriptor_{descriptor}, status_{status} {}

    int descriptor_;
    struct stat status_;
};

std::expected<std::string, FileError> read_regular_file(const std::string& path, std::size_t most);

} // namespace peer_observer::base
