// Asks given DNS servers: addresses of DNS seeds, names of addresses. Only here is c-ares seen.
#pragma once

#include "services/addr-connectivity/limits.h"
#include "services/addr-connectivity/poller.h"

#include <ares.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace peer_observer::addr_connectivity {

class Resolver {
public:
    /// `servers`: IP:PORT each, and no others, whatever the system's settings say. The poller outlives the resolver.
    /// Throws std::runtime_error.
    Resolver(Poller& poller, const std::vector<std::string>& servers);
    /// Ends what is in progress: callbacks are called, without a result.
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    struct Answer {
        std::vector<std::string> addresses; ///< IPv4 and IPv6, at most 512
        std::string error;                  ///< in words, if there are none
    };
    /// `done` is called from work() or from here.
    void addresses_of(const std::string& name, std::function<void(Answer)> done);

    /// `done` gets an empty name if there is none. The name is any bytes, at most 255. Called from work() or from here.
    void name_of(const std::string& ip, std::function<void(std::string name)> done);

    /// Does what is due. Call it after each Poller::wait().
    void work();
    std::size_t in_flight() const { return in_flight_; }

private:
    template <typename Done>
    struct Query {
        Resolver& resolver;
        Done done;
    };
    struct Destroy {
        void operator()(ares_channel channel) const noexcept { ares_destroy(channel); }
    };

    static void on_socket(void* resolver, ares_socket_t fd, int readable, int writable) noexcept;
    static void on_addresses(void* query, int status, int timeouts, ares_addrinfo* result) noexcept;
    static void on_name(void* query, int status, int timeouts, hostent* host) noexcept;

    Poller& poller_;
    std::size_t in_flight_ = 0;
    Clock::time_point next_timeouts_{};
    std::unique_ptr<std::remove_pointer_t<ares_channel>, Destroy> channel_;
};

} // namespace peer_observer::addr_connectivity
