#include "services/logger/output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace peer_observer::logger {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kFullBytes = 65536; // a pipe's usual size
constexpr int kWaitMs = 100;

/// A description of the same pipe or device of our own, on which no write blocks; -1 where there can be none.
/// O_NONBLOCK on `fd` itself would hold for every process that shares it.
int reopen_without_blocking(int fd)
{
    struct stat status{};
    if (fstat(fd, &status) != 0 || !(S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode))) return -1;
    return open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

/// Where poll() says that one can write, so much is taken without blocking. A file always takes all.
std::size_t most_at_once(int fd)
{
    struct stat status{};
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? SSIZE_MAX : PIPE_BUF;
}

} // namespace

Output::Output(int fd, KeepWaiting keep_waiting)
    : fd_{fd}, keep_waiting_{std::move(keep_waiting)}, own_fd_{reopen_without_blocking(fd)},
      most_at_once_{own_fd_ >= 0 ? SSIZE_MAX : most_at_once(fd)}
{
    if (own_fd_ >= 0) fd_ = own_fd_;
}

Output::~Output()
{
    if (own_fd_ >= 0) (void)close(own_fd_);
}

void Output::write_if_full()
{
    if (buffer_.size() >= kFullBytes) flush();
}

void Output::flush()
{
    std::string_view rest = buffer_;
    auto last_written = Clock::now();
    while (!rest.empty() && !closed_) {
        pollfd writable{fd_, POLLOUT, 0};
        if (poll(&writable, 1, kWaitMs) <= 0) {
            if (keep_waiting_(Clock::now() - last_written)) continue;
            dropped_bytes_ += rest.size();
            break;
        }
        const ssize_t written = write(fd_, rest.data(), std::min(rest.size(), most_at_once_));
        if (written >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(written));
            last_written = Clock::now();
        } else if (errno == EPIPE) {
            closed_ = true;
        } else if (errno != EAGAIN && errno != EINTR) {
            throw std::system_error{errno, std::generic_category(), "cannot write the events"};
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
