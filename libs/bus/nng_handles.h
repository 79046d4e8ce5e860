// Ownership of nng's handles, and its errors as exceptions.
#pragma once

#include "libs/base/c_handle.h"

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>

#include <stdexcept>
#include <string>

namespace peer_observer::bus {

using Message = base::CHandle<nng_msg, nng_msg_free>;
using Aio = base::CHandle<nng_aio, nng_aio_free>;
using TlsConfig = base::CHandle<nng_tls_config, nng_tls_config_free>;

/// Throws std::runtime_error "<what>: <nng's reason>" where an nng function reported an error.
inline void check(int error, const std::string& what)
{
    if (error != 0) throw std::runtime_error{what + ": " + nng_strerror(error)};
}

/// nng hands sockets out as numbers.
class Socket {
public:
    explicit Socket(int (*open)(nng_socket*)) { check(open(&socket_), "cannot open an nng socket"); }
    ~Socket() { nng_close(socket_); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    nng_socket get() const { return socket_; }

private:
    nng_socket socket_ = NNG_SOCKET_INITIALIZER;
};

} // namespace peer_observer::bus
