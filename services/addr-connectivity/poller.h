// Waits for many file descriptors at once (epoll).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>

namespace peer_observer::addr_connectivity {

class Poller {
public:
    /// `events`: EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP.
    using Handler = std::function<void(std::uint32_t events)>;

    /// Throws std::system_error.
    Poller();
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    /// Watches `fd` for `events`, instead of what it was watched for. Throws std::system_error.
    void watch(int fd, std::uint32_t events, Handler handler);
    /// Before it is closed. A handler may forget any file descriptor, its own too.
    void forget(int fd);

    /// Waits until something happens or the time is over, and calls the handlers.
    void wait(std::chrono::milliseconds timeout);

private:
    struct Watched {
        std::uint64_t id; ///< tells apart two lives of one number
        Handler handler;
    };

    int epoll_;
    std::uint64_t next_id_ = 0;
    std::unordered_map<int, Watched> watched_;
    std::unordered_map<std::uint64_t, int> fds_;
};

} // namespace peer_observer::addr_connectivity
