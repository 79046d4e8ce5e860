// Checks URLs and certificate files before nng sees them, so that errors name what is wrong.
#pragma once

#include "libs/bus/nng_handles.h"
#include "libs/bus/tls.h"

#include <optional>
#include <string>
#include <vector>

namespace peer_observer::bus {

struct Endpoint {
    enum class Transport { tcp, ipc, tls };

    std::string url;
    Transport transport = Transport::tcp;
    std::string host; ///< as in the URL, with the brackets of an IPv6 address
    int port = 0;
    std::string path; ///< ipc only
};

/// Throws std::runtime_error naming the URL, also where it needs certificates that are not given.
Endpoint parse_endpoint(const std::string& url, const std::optional<TlsFiles>& tls);

/// Throws std::runtime_error where certificates are given and no endpoint uses them: who gives them believes that the
/// connection is encrypted.
void check_tls_is_used(const std::vector<Endpoint>& endpoints, const std::optional<TlsFiles>& tls);

/// Demands a certificate that `ca_file` signed from the other end. Throws std::runtime_error naming the file that
/// cannot be used.
TlsConfig make_tls_config(nng_tls_mode mode, const TlsFiles& files);

} // namespace peer_observer::bus
