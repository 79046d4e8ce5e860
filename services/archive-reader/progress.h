// A progress bar on stderr, where that is a terminal.
#pragma once

#include <chrono>
#include <cstdint>

namespace peer_observer::archive_reader {

class Progress {
public:
    /// total: of what update() gets. Shows nothing on what is not a terminal, or where stdout is one too and `prints`
    /// says that it is written to meanwhile.
    Progress(std::uint64_t total, bool prints);
    /// Removes the bar.
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// A new file begins: what was done before it counts.
    void next_file(std::uint64_t size);
    /// Bytes done of the file.
    void update(std::uint64_t position);
    /// For lines that are printed meanwhile.
    void hide();

private:
    std::uint64_t total_;
    bool visible_;
    bool shown_ = false;
    std::uint64_t before_ = 0;
    std::uint64_t file_size_ = 0;
    std::chrono::steady_clock::time_point started_;
    std::chrono::steady_clock::time_point next_;
};

} // namespace peer_observer::archive_reader
