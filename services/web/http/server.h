// The HTTP server: one thread, Boost.Beast, and a limit for everything that a client can hold.
#pragma once

#include "libs/base/host_port.h"
#include "services/web/http/backend.h"
#include "services/web/http/guard.h"
#include "services/web/http/pages.h"

#include <cstddef>
#include <memory>
#include <string>
#include <thread>

namespace peer_observer::web {

struct ServerLimits {
    std::size_t connections = 512;
    std::size_t streams = 128;
    double requests_per_second = 200;
    double requests_at_once = 1000;
    /// Of all answers that are being sent.
    std::size_t answer_bytes = std::size_t{128} << 20U;
    /// That wait for one reader of the feed; what comes then is dropped, and the reader is told.
    std::size_t stream_bytes = std::size_t{1} << 20U;
    /// A client that sends or takes nothing for that long is disconnected.
    std::chrono::seconds patience{30};
};

class Server {
public:
    /// Listens at once; port 0 picks one. Throws std::runtime_error that names the address. What it refers to must
    /// outlive it.
    Server(const base::HostPort& address, Backend& backend, Guard guard, Pages pages, const ServerLimits& limits = {});
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// With the port that is used.
    const base::HostPort& address() const;
    /// From any thread.
    ClientStatistics statistics() const;

private:
    class Implementation;
    std::shared_ptr<Implementation> implementation_;
    std::thread thread_;
};

} // namespace peer_observer::web
