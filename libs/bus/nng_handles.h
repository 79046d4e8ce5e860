// Ownership of nng's handles, and its errors as exceptions.
#pragma once

#include "libs/base/c_handle.h"

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>

#include <stdexcept>
#include <string>

namespace peer_observer::bus {

using Aio = base::CHandle<nng_aio, nng_aio_free>;
using Stream = base::CHandle<nng_stream, nng_stream_free>;
using StreamDialer = base::CHandle<nng_stream_dialer, nng_stream_dialer_free>;
using StreamListener = base::CHandle<nng_stream_listener, nng_stream_listener_free>;
using TlsConfig = base::CHandle<nng_tls_config, nng_tls_config_free>;

/// Throws std::runtime_error "<what>: <nng's reason>" where an nng function reported an error.
inline void check(int error, const std::string& what)
{
    if (error != 0) throw std::runtime_error{what + ": " + nng_strerror(error)};
}

/// `callback` is called with `argument` on one of nng's threads, each time an operation has ended.
inline Aio make_aio(void (*callback)(void*), void* argument)
{
    nng_aio* aio = nullptr;
    check(nng_aio_alloc(&aio, callback, argument), "cannot use nng");
    return Aio{aio};
}

} // namespace peer_observer::bus
