// Follows a log through renames, truncation and restarts; or reads a pipe.
#pragma once

#include "libs/base/descriptor.h"
#include "services/log-extractor/position.h"

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace peer_observer::log_extractor {

enum class Start : std::uint8_t { end, beginning };

class Follower {
public:
    struct Chunk {
        std::string_view bytes; ///< empty = there is nothing for now
        std::uint64_t offset = 0;
        bool is_new_text = false; ///< what was read before is not continued by these bytes
    };

    /// `path`: `-` is standard input. `start`: where to begin in a file that is already there and of which `saved` says
    /// nothing. Throws std::runtime_error for what is neither a file nor a pipe, std::system_error without inotify.
    Follower(std::string path, Start start, std::optional<Position> saved);

    /// The next bytes, valid until the next call.
    Chunk read();

    /// Until there may be more, something is to be read at `other`, or the time is over.
    void wait(std::chrono::milliseconds longest, int other);

    /// For a reader that has taken what is before `offset`, which is not behind offset(). Nothing where there is no
    /// file.
    std::optional<Position> position(std::uint64_t offset) const;

    /// Up to 256 KiB of what stands before the place at which it began: to learn from.
    const std::string& before_start() const { return before_start_; }

    std::uint64_t offset() const { return offset_; }
    bool is_open() const { return static_cast<bool>(file_); }
    /// Standard input has ended.
    bool has_ended() const { return has_ended_; }
    std::uint64_t rotations() const { return rotations_; }
    std::uint64_t truncations() const { return truncations_; }

private:
    void open_first();
    void begin(base::Descriptor file, std::uint64_t offset);
    bool resume(base::Descriptor& file, const struct stat& status);
    base::Descriptor find_renamed_file() const;
    Chunk read_file();
    Chunk read_pipe();
    Chunk chunk(std::string_view bytes);
    bool next_file_has_content() const;
    void restart_in_changed_file();
    void note_failure(int number);

    std::string path_;
    Start start_;
    std::optional<Position> saved_;
    base::Descriptor inotify_;
    int file_watch_ = -1;
    base::Descriptor file_;
    bool is_pipe_ = false;
    bool is_without_writer_ = false; ///< of a pipe: poll() would not wait
    bool has_ended_ = false;
    bool is_new_text_ = false;
    std::uint64_t inode_ = 0;
    std::uint64_t offset_ = 0;
    std::string recent_; ///< the last bytes before offset_
    std::string buffer_;
    std::string before_start_;
    int failure_ = 0; ///< errno that was logged last
    std::uint64_t rotations_ = 0;
    std::uint64_t truncations_ = 0;
};

} // namespace peer_observer::log_extractor
