// A file that is read in pieces, never as a whole.
#pragma once

#include "libs/base/descriptor.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace peer_observer::archive {

class InputFile {
public:
    static constexpr std::size_t kReadAhead = std::size_t{1} << 20U;

    /// Throws std::system_error naming the file, also for what is not a regular file.
    explicit InputFile(const std::filesystem::path& path);

    /// As it was when the file was opened.
    std::uint64_t size() const { return size_; }
    int fd() const { return descriptor_.get(); }

    /// The bytes from `offset` on: `count`, or fewer at the file's end. Valid until the next view(). Throws
    /// std::system_error when reading fails. `read_ahead`: how many are read at least, for the next views.
    std::string_view view(std::uint64_t offset, std::size_t count, std::size_t read_ahead);
    std::string_view view(std::uint64_t offset, std::size_t count) { return view(offset, count, read_ahead_); }

    /// For a file of which little is wanted: neither view() nor the kernel reads more than is asked for.
    void read_sparsely(bool is_sparse);
    std::size_t read_ahead() const { return read_ahead_; }
    /// Asks the kernel to read that meanwhile.
    void will_need(std::uint64_t offset, std::uint64_t count) const;

private:
    std::string name_;
    base::Descriptor descriptor_;
    std::uint64_t size_ = 0;
    std::size_t read_ahead_ = kReadAhead;
    std::string buffer_;
    std::uint64_t buffer_offset_ = 0;
};

} // namespace peer_observer::archive
