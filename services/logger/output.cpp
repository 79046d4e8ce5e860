#include "services/logger/output.h"

#include <cerrno>
#include <cstddef>
#include <string_view>
#include <system_error>

#include <poll.h>
#include <unistd.h>

namespace peer_observer::logger {
namespace {

constexpr std::size_t kFullBytes = 65536; // a pipe's usual size

} // namespace

void Output::write_if_full()
{
    if (buffer_.size() >= kFullBytes) flush();
}

void Output::flush()
{
    std::string_view rest = buffer_;
    while (!rest.empty() && !closed_) {
        const ssize_t written = write(fd_, rest.data(), rest.size());
        if (written >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EPIPE) {
            closed_ = true;
        } else if (errno == EAGAIN) { // whoever shares the descriptor has made it non-blocking
            pollfd writable{fd_, POLLOUT, 0};
            poll(&writable, 1, -1);
        } else if (errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "cannot write the events");
        }
    }
    buffer_.clear();
}

bool Output::is_closed()
{
    pollfd state{fd_, 0, 0};
    if (poll(&state, 1, 0) > 0 && (state.revents & (POLLERR | POLLHUP)) != 0) closed_ = true;
    return closed_;
}

} // namespace peer_observer::logger
