#include "services/archive-reader/output.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace peer_observer::archive_reader {
namespace {

constexpr std::size_t kBufferBytes = 65536; // a pipe's usual size

} // namespace

Output::~Output()
{
    try {
        flush();
    } catch (const std::system_error&) { // NOLINT(bugprone-empty-catch): who wants to know calls flush()
    }
}

void Output::write(std::string_view bytes)
{
    if (buffer_.size() + bytes.size() < kBufferBytes) {
        buffer_ += bytes;
        return;
    }
    flush();
    write_all(bytes);
}

void Output::flush()
{
    auto waiting = std::exchange(buffer_, {});
    write_all(waiting);
    waiting.clear();
    buffer_ = std::move(waiting); // its memory
}

void Output::write_all(std::string_view bytes)
{
    while (!bytes.empty() && !closed_) {
        const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EPIPE) {
            closed_ = true;
        } else if (errno == EAGAIN) { // whoever shares the descriptor has made it non-blocking
            pollfd writable{STDOUT_FILENO, POLLOUT, 0};
            (void)poll(&writable, 1, -1);
        } else if (errno != EINTR) {
            throw std::system_error{errno, std::generic_category(), "cannot write to stdout"};
        }
    }
}

} // namespace peer_observer::archive_reader
