// A file that is read in pieces, never as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace peer_observer::archive {

class InputFile {
public:
    /// Throws std::system_error naming the file, also for what is not a regular file.
    explicit InputFile(const std::filesystem::path& path);
    ~InputFile();
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;

    /// As it was when the file was opened.
    std::uint64_t size() const { return size_; }
    int fd() const { return fd_; }

    /// The bytes from `offset` on: `count`, or fewer at the file's end. Valid until the next view(). Throws
    /// std::system_error when reading fails.
    std::string_view view(std::uint64_t offset, std::size_t count);

private:
    std::string name_;
    int fd_ = -1;
    std::uint64_t size_ = 0;
    std::string buffer_;
    std::uint64_t buffer_offset_ = 0;
};

} // namespace peer_observer::archive
