// What can go wrong with a call, by cause: the label of the error counter.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace peer_observer::rpc_extractor {

enum class Cause : std::uint8_t {
    credentials,      ///< the cookie or password file cannot be read
    unreachable,      ///< nobody listens there
    timeout,          ///< no complete answer in time
    disconnected,     ///< the connection ended before the answer did
    bad_http,         ///< not HTTP
    unauthorized,     ///< HTTP 401
    forbidden,        ///< HTTP 403: -rpcwhitelist or -rpcallowip
    overloaded,       ///< HTTP 503: the node's queue of calls is full
    shutting_down,    ///< HTTP 503: the node stops
    http_status,      ///< another status, and no JSON-RPC in it
    warming_up,       ///< RPC error -28
    unknown_method,   ///< RPC error -32601, or a call that the server does not understand
    rpc_error,        ///< another RPC error
    malformed,        ///< not JSON, or not a JSON-RPC answer
    wrong_id,         ///< the answer to another call
    too_large,        ///< the answer exceeds its limit
    unexpected_value, ///< a value of another type or range than Core documents
    event_too_large,  ///< more than a frame of the bus takes
    how_many,
};

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Cause::how_many)> kCauseNames = {
    "credentials", "unreachable", "timeout",       "disconnected", "bad_http",         "unauthorized",
    "forbidden",   "overloaded",  "shutting_down", "http_status",  "warming_up",       "unknown_method",
    "rpc_error",   "malformed",   "wrong_id",      "too_large",    "unexpected_value", "event_too_large"};

constexpr std::string_view name_of(Cause cause) { return kCauseNames.at(static_cast<std::size_t>(cause)); }

/// Whether it says something about the node, not about the method that was called.
constexpr bool concerns_node(Cause cause)
{
    return cause == Cause::credentials || cause == Cause::unreachable || cause == Cause::unauthorized ||
           cause == Cause::warming_up || cause == Cause::shutting_down;
}

struct Fault {
    Cause cause;
    std::string text; ///< one line, bounded
};

} // namespace peer_observer::rpc_extractor
