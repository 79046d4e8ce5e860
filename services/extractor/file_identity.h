// Which file a path leads to now, and whether its content may have changed.
#pragma once

#include <sys/stat.h>

#include <compare>
#include <cstdint>

namespace peer_observer::extractor {

/// A probe belongs to an inode, not to a path.
struct FileId {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    auto operator<=>(const FileId&) const = default;
};

struct FileSignature {
    FileId id;
    std::int64_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0; ///< of the inode: also by chmod

    bool operator==(const FileSignature&) const = default;
    bool same_content(const FileSignature& other) const
    {
        return id == other.id && size == other.size && modified_ns == other.modified_ns;
    }
};

inline FileSignature signature_of(const struct stat& file)
{
    const auto ns = [](const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; };
    return {{file.st_dev, file.st_ino}, file.st_size, ns(file.st_mtim), ns(file.st_ctim)};
}

} // namespace peer_observer::extractor
