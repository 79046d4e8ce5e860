// Files that options name: never waited for, refused unless they are regular files, read up to a limit.
#pragma once

#include "libs/base/descriptor.h"

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

    int descriptor() const { return descriptor_.get(); }
    /// Of the file that is open, whatever happens to its path.
    const struct stat& status() const { return status_; }

    /// Its bytes from the beginning; an error when there are more than `most`.
    std::expected<std::string, FileError> read(std::size_t most) const;

private:
    RegularFile(Descriptor descriptor, const struct stat& status) : descriptor_{std::move(descriptor)}, status_{status}
    {}

    Descriptor descriptor_;
    struct stat status_;
};

std::expected<std::string, FileError> read_regular_file(const std::string& path, std::size_t most);

} // namespace peer_observer::base
