#include "libs/telemetry/connect.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace peer_observer::telemetry {
namespace {

int connect_socket(int family, const sockaddr* address, socklen_t size)
{
    const int socket_fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_fd < 0 || connect(socket_fd, address, size) == 0) return socket_fd;
    close(socket_fd);
    return -1;
}

} // namespace

int connect_to(const base::HostPort& address)
{
    sockaddr_in ipv4{.sin_family = AF_INET, .sin_port = htons(address.port)};
    if (inet_pton(AF_INET, address.host.c_str(), &ipv4.sin_addr) == 1)
        return connect_socket(AF_INET, reinterpret_cast<const sockaddr*>(&ipv4), sizeof(ipv4));
    sockaddr_in6 ipv6{.sin6_family = AF_INET6, .sin6_port = htons(address.port)};
    if (inet_pton(AF_INET6, address.host.c_str(), &ipv6.sin6_addr) == 1)
        return connect_socket(AF_INET6, reinterpret_cast<const sockaddr*>(&ipv6), sizeof(ipv6));
    return -1;
}

} // namespace peer_observer::telemetry
