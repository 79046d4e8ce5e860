// Plain sockets for tests that stand between the ends of the bus or do not speak its protocol.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace peer_observer::bus::testing {

class RawSocket {
public:
    explicit RawSocket(int descriptor) : descriptor_{descriptor}
    {
        if (descriptor < 0) throw std::system_error{errno, std::generic_category(), "no socket"};
    }
    ~RawSocket()
    {
        if (descriptor_ >= 0) close(descriptor_);
    }
    RawSocket(RawSocket&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
    RawSocket& operator=(RawSocket&& other) noexcept
    {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }

    int get() const { return descriptor_; }
    void write(std::string_view bytes) const { (void)::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
    /// The next close() sends a TCP reset.
    void reset_on_close() const
    {
        const linger at_once{.l_onoff = 1, .l_linger = 0};
        setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }

private:
    int descriptor_;
};

inline sockaddr_in loopback(int port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

inline int port_of(const std::string& url) { return std::stoi(url.substr(url.rfind(':') + 1)); }

inline sockaddr_un unix_address(const std::string& path)
{
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
}

/// tcp://127.0.0.1:PORT or ipc://PATH.
inline RawSocket connect_raw(const std::string& url)
{
    const bool ipc = url.starts_with("ipc://");
    RawSocket raw{socket(ipc ? AF_UNIX : AF_INET, SOCK_STREAM, 0)};
    const sockaddr_un path = unix_address(ipc ? url.substr(6) : "");
    const sockaddr_in address = loopback(ipc ? 0 : port_of(url));
    const int result = ipc ? connect(raw.get(), reinterpret_cast<const sockaddr*>(&path), sizeof path)
                           : connect(raw.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (result != 0) throw std::runtime_error{"cannot connect to " + url};
    return raw;
}

/// Keeps 600 connections open that say nothing, and opens another one for each that is closed.
inline void besiege(const std::string& url, const std::stop_token& stop)
{
    std::vector<RawSocket> silent;
    std::vector<pollfd> closed;
    while (!stop.stop_requested()) {
        while (silent.size() < 600) {
            silent.push_back(connect_raw(url));
            closed.push_back({.fd = silent.back().get(), .events = POLLRDHUP, .revents = 0});
        }
        poll(closed.data(), closed.size(), 10);
        for (std::size_t i = silent.size(); i-- > 0;) {
            if (closed[i].revents == 0) continue;
            std::swap(silent[i], silent.back());
            std::swap(closed[i], closed.back());
            silent.pop_back();
            closed.pop_back();
        }
    }
}

inline RawSocket listen_raw(const std::string& path)
{
    RawSocket raw{socket(AF_UNIX, SOCK_STREAM, 0)};
    const sockaddr_un address = unix_address(path);
    if (bind(raw.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(raw.get(), 16) != 0) {
        throw std::runtime_error{"cannot listen on " + path};
    }
    return raw;
}

/// Listens on a free port of 127.0.0.1.
inline std::pair<RawSocket, int> listen_raw()
{
    RawSocket raw{socket(AF_INET, SOCK_STREAM, 0)};
    const int on = 1;
    setsockopt(raw.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(raw.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(raw.get(), 16) != 0 ||
        getsockname(raw.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error{"cannot listen"};
    }
    return {std::move(raw), ntohs(address.sin_port)};
}

} // namespace peer_observer::bus::testing
