// stdout, or another file descriptor, with a buffer in front of it.
#pragma once

#include <string>

namespace peer_observer::logger {

/// Blocks while the reader does not read. Not reading is the reader's right: what waits meanwhile, waits in the bus.
class Output {
public:
    /// Does not close `fd`.
    explicit Output(int fd) : fd_{fd} {}

    /// What is to be written: append to it, then call write_if_full() or flush().
    std::string& buffer() { return buffer_; }

    void write_if_full();
    /// Both throw std::system_error when writing fails, except because nobody reads any more.
    void flush();

    /// Whether the other end of the pipe is closed. Writing does nothing then.
    bool is_closed();

private:
    int fd_;
    bool closed_ = false;
    std::string buffer_;
};

} // namespace peer_observer::logger
