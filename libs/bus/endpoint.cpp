#include "libs/bus/endpoint.h"

#include "libs/base/regular_file.h"
#include "libs/bus/option_error.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string_view>
#include <utility>

namespace peer_observer::bus {
namespace {

constexpr std::pair<std::string_view, Endpoint::Transport> kSchemes[] = {
    {"tcp://", Endpoint::Transport::tcp},
    {"ipc://", Endpoint::Transport::ipc},
    {"tls+tcp://", Endpoint::Transport::tls},
};
// sockaddr_un has room for 108 bytes, the last of which is zero.
constexpr std::size_t kMaxIpcPath = 107;

OptionError bad_url(const std::string& url, const std::string& why)
{
    return OptionError{"bad URL \"" + url + "\": " + why};
}

std::optional<int> parse_port(std::string_view text)
{
    int port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port < 0 || port > 65535) return std::nullopt;
    return port;
}

void check_readable(const std::string& what, const std::string& file)
{
    if (file.empty()) throw std::runtime_error{"tls+tcp:// needs a " + what};
    constexpr std::size_t kMostBytes = std::size_t{16} << 20U;
    const auto text = base::read_regular_file(file, kMostBytes);
    if (!text) throw std::runtime_error{"cannot read the " + what + " " + file + ": " + text.error().reason};
}

} // namespace

Endpoint parse_endpoint(const std::string& url, const std::optional<TlsFiles>& tls)
{
    const auto* const scheme =
        std::ranges::find_if(kSchemes, [&](const auto& candidate) { return url.starts_with(candidate.first); });
    if (scheme == std::end(kSchemes)) throw bad_url(url, "it must start with tcp://, ipc:// or tls+tcp://");

    Endpoint endpoint;
    endpoint.url = url;
    endpoint.transport = scheme->second;
    if (endpoint.transport == Endpoint::Transport::tls && !tls) {
        throw OptionError{url + " needs a CA file and a certificate and key file"};
    }
    const std::string rest = url.substr(scheme->first.size());
    if (rest.find('\0') != std::string::npos) throw bad_url(url, "it has a zero byte in it");
    if (endpoint.transport == Endpoint::Transport::ipc) {
        if (rest.empty()) throw bad_url(url, "the path is missing, as in ipc:///run/peer-observer/events.sock");
        if (rest.size() > kMaxIpcPath) throw bad_url(url, "a socket's path may have at most 107 bytes");
        endpoint.path = rest;
        return endpoint;
    }
    const auto colon = rest.rfind(':');
    if (colon == std::string::npos || colon == 0) throw bad_url(url, "it must name HOST:PORT");
    endpoint.host = rest.substr(0, colon);
    const bool bracketed = endpoint.host.starts_with('[') && endpoint.host.ends_with(']');
    if (!bracketed && endpoint.host.find_first_of(":/[]") != std::string::npos) {
        throw bad_url(url, "it must name HOST:PORT, with an IPv6 address in brackets and no path");
    }
    const auto port = parse_port(std::string_view{rest}.substr(colon + 1));
    if (!port) throw bad_url(url, "the port must be a number from 0 to 65535");
    endpoint.port = *port;
    return endpoint;
}

void check_tls_is_used(const std::vector<Endpoint>& endpoints, const std::optional<TlsFiles>& tls)
{
    if (tls && std::ranges::find(endpoints, Endpoint::Transport::tls, &Endpoint::transport) == endpoints.end()) {
        throw OptionError{"certificates are given, but " + endpoints.at(0).url +
                          " does not use them; tls+tcp:// would"};
    }
}

TlsConfig make_tls_config(nng_tls_mode mode, const TlsFiles& files)
{
    check_readable("CA file", files.ca_file);
    check_readable("certificate and key file", files.cert_key_file);
    nng_tls_config* raw = nullptr;
    check(nng_tls_config_alloc(&raw, mode), "cannot use TLS");
    TlsConfig config{raw};
    check(nng_tls_config_ca_file(raw, files.ca_file.c_str()), "cannot use the CA file " + files.ca_file);
    check(nng_tls_config_cert_key_file(raw, files.cert_key_file.c_str(), nullptr),
          "cannot use the certificate and key file " + files.cert_key_file);
    check(nng_tls_config_auth_mode(raw, NNG_TLS_AUTH_MODE_REQUIRED), "cannot demand certificates");
    return config;
}

} // namespace peer_observer::bus
