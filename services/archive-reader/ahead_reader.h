// Reads the frames of files on a thread of its own, while the former ones are used.
#pragma once

#include "libs/archive/frame_filter.h"
#include "libs/archive/reader.h"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace peer_observer::archive_reader {

class AheadReader {
public:
    struct Piece {
        std::size_t file = 0;         ///< its number
        std::uint64_t file_bytes = 0; ///< its size
        std::uint64_t position = 0;   ///< bytes of it that were read
        archive::Chunk chunk; ///< as Reader::next() returns them, but for skipped ones. The last of a file is `skipped`
        std::string content;  ///< what the chunk views
    };

    /// `filter` may be null. It and `files` outlive this object.
    AheadReader(const std::vector<std::filesystem::path>& files, const archive::Range& range,
                archive::FrameFilter* filter);

    /// What comes next, in the order of the files; null at the end. Valid until the next call. Throws what opening and
    /// reading the files has thrown, behind the pieces before it.
    const Piece* next();

private:
    void read(const std::stop_token& stop, const archive::Range& range, archive::FrameFilter* filter);
    bool put(const std::stop_token& stop, Piece piece);

    const std::vector<std::filesystem::path>& files_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Piece> pieces_;
    std::size_t waiting_bytes_ = 0; ///< of content
    std::string spare_;             ///< memory for content
    bool has_ended_ = false;
    std::exception_ptr error_;
    Piece current_;
    std::jthread thread_; ///< last: it uses the others
};

} // namespace peer_observer::archive_reader
