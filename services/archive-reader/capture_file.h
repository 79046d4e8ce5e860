// A file of Bitcoin Core's -capturemessages (msgs_recv.dat, msgs_sent.dat), read message by message.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace peer_observer::archive_reader {

/// As CaptureMessageToFile (Bitcoin Core's net.cpp) writes them: time, message type, size, payload.
class CaptureFile {
public:
    struct Header {
        std::uint64_t time_ns = 0; ///< by the node's clock, which has microseconds here and follows setmocktime
        std::string message_type;
        std::uint32_t size = 0;
    };

    /// Throws std::runtime_error naming the file if it cannot be opened.
    explicit CaptureFile(const std::filesystem::path& path);

    /// Of the next message; none at the end, and behind a problem.
    const std::optional<Header>& front() const { return front_; }
    /// Reads the payload of the next message, and continues with the one behind it. False where the file ends within
    /// it.
    bool take(std::string& payload);

    /// Why the file was not read to its end; empty = it was.
    const std::string& problem() const { return problem_; }
    /// Bytes read.
    std::uint64_t position() const { return position_; }

private:
    void read_header();

    std::ifstream file_;
    std::optional<Header> front_;
    std::string problem_;
    std::uint64_t position_ = 0;
};

} // namespace peer_observer::archive_reader
