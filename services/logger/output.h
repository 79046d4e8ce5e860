// stdout, or another file descriptor, with a buffer in front of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace peer_observer::logger {

/// Waits while the reader does not read. Not reading is the reader's right: what waits meanwhile, waits in the bus.
class Output {
public:
    /// Called ten times a second while the reader takes nothing, with how long that has been so. False ends the
    /// waiting: what is in the buffer is dropped.
    using KeepWaiting = std::function<bool(std::chrono::steady_clock::duration)>;

    /// Does not close `fd`.
    Output(int fd, KeepWaiting keep_waiting);
    ~Output();
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    /// What is to be written: append to it, then call write_if_full() or flush().
    std::string& buffer() { return buffer_; }

    void write_if_full();
    /// Both throw std::system_error when writing fails, except because nobody reads any more.
    void flush();

    /// Whether the other end of the pipe is closed. Writing does nothing then.
    bool is_closed();

    std::size_t dropped_bytes() const { return dropped_bytes_; }

private:
    int fd_;
    KeepWaiting keep_waiting_;
    int own_fd_; ///< -1 = none
    std::size_t most_at_once_;
    bool closed_ = false;
    std::size_t dropped_bytes_ = 0;
    std::string buffer_;
};

} // namespace peer_observer::logger
