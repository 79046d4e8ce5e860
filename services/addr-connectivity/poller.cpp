#include "services/addr-connectivity/poller.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace peer_observer::addr_connectivity {

Poller::Poller() : epoll_{epoll_create1(EPOLL_CLOEXEC)}
{
    if (epoll_ < 0) throw std::system_error{errno, std::generic_category(), "epoll_create1"};
}

Poller::~Poller() { close(epoll_); }

void Poller::watch(int fd, std::uint32_t events, Handler handler)
{
    const auto found = watched_.find(fd);
    const auto id = next_id_++;
    epoll_event event{};
    event.events = events;
    event.data.u64 = id;
    if (epoll_ctl(epoll_, found == watched_.end() ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event) != 0)
        throw std::system_error{errno, std::generic_category(), "epoll_ctl"};
    if (found != watched_.end()) fds_.erase(found->second.id);
    watched_.insert_or_assign(fd, Watched{id, std::move(handler)});
    fds_.emplace(id, fd);
}

void Poller::forget(int fd)
{
    const auto found = watched_.find(fd);
    if (found == watched_.end()) return;
    epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    fds_.erase(found->second.id);
    watched_.erase(found);
}

void Poller::wait(std::chrono::milliseconds timeout)
{
    std::array<epoll_event, 256> events{};
    const int count =
        epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(timeout.count()));
    for (int i = 0; i < count; ++i) {
        const auto& event = events.at(static_cast<std::size_t>(i));
        const std::uint64_t id = event.data.u64; // a copy: the kernel's struct is packed, the number not aligned
        const auto fd = fds_.find(id);
        if (fd == fds_.end()) continue;                       // forgotten, or watched anew, by a handler before
        const auto handler = watched_.at(fd->second).handler; // a copy: it may forget itself
        handler(event.events);
    }
}

} // namespace peer_observer::addr_connectivity
