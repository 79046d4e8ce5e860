// The folder that an archiver writes to: DIR/<node>/<file>. One archiver at a time.
#pragma once

#include "services/archiver/counters.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace peer_observer::archiver {

class Directory {
public:
    /// Creates the folder if need be. Throws std::runtime_error where another archiver uses it, std::system_error where
    /// it cannot be used.
    Directory(const std::filesystem::path& path, Counters& counters);
    ~Directory();
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;

    /// Closes the files that nobody is writing any more. Call it now and then: a full disk leaves such files too.
    void recover();

    /// A name that no file has, in the node's folder, which exists then, with a number from `number` on. Throws
    /// std::system_error.
    std::filesystem::path new_file(const std::string& node, std::uint64_t start_ns, std::uint64_t publisher_id,
                                   unsigned number = 0) const;

    /// The sequence number behind the last one that the closed files of this publisher have. Frames and gaps of others
    /// do not count.
    std::optional<std::uint64_t> end_sequence(const std::string& node, std::uint64_t publisher_id) const;

    struct Limits {
        std::uint64_t bytes = 0;    ///< of all files; 0 = no limit
        std::chrono::seconds age{}; ///< since a file was closed; 0 = no limit
    };
    /// Deletes closed and damaged files that an archiver wrote, the oldest first, until the limits are kept. Files of
    /// other names stay, and are not counted.
    void retain(const Limits& limits, std::filesystem::file_time_type now);

    /// When the newest of these files was closed.
    std::optional<std::filesystem::file_time_type> newest() const;

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
    Counters& counters_;
    int lock_ = -1;
};

} // namespace peer_observer::archiver
