// A script of what peers do to a node, call by call, by a clock that is the script's own.
#pragma once

#include "tests/sim_node/payloads.h"
#include "tests/sim_node/probes.h"
#include "tests/sim_node/random.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace peer_observer::sim_node {

class Script {
public:
    using Sink = std::function<void(const Call&)>;
    /// Lets so many seconds pass, and returns by how much the clock advances.
    using Pass = std::function<double(double seconds)>;

    Script(std::uint64_t seed, std::int64_t start_s, Sink sink, Pass pass)
        : random{seed}, now_s_{static_cast<double>(start_s)}, sink_{std::move(sink)}, pass_{std::move(pass)}
    {}

    void emit(const Call& call) const { sink_(call); }
    /// The node continues meanwhile: every few seconds something happens that has to do with no peer.
    void wait(double seconds);
    std::int64_t now_s() const { return static_cast<std::int64_t>(now_s_); }
    std::int64_t next_peer_id() { return next_peer_id_++; }
    std::uint64_t inbound = 0; ///< connections that are open
    std::uint64_t outbound = 0;
    std::string_view user_agent = "/Satoshi:31.0.0/"; ///< what the node says it is
    /// Addresses nobody has: 240.0.0.0/4 is reserved. Each of another /16, up to 4,096.
    std::string distinct_host();

    Random random;

private:
    double now_s_;
    Sink sink_;
    Pass pass_;
    std::int64_t next_peer_id_ = 0;
    unsigned hosts_ = 0;
};

/// What a version message says.
struct Greeting {
    std::string_view user_agent = "/Satoshi:27.0.0/";
    std::uint64_t services = 0xc09;
    std::int64_t clock_offset_s = 0;
    bool relay = true;
    bool is_modern = true; ///< sends wtxidrelay and sendaddrv2
};

/// A connection of the node.
class Connection {
public:
    /// Opens it. `host` without a port.
    Connection(Script& script, std::string host, const char* type = "inbound", Network network = Network::ipv4);

    Connection& shake_hands(const Greeting& greeting = {});
    Connection& receive(const char* type, const Bytes& payload, const std::function<void()>& effect = {},
                        std::int64_t duration_ns = 20'000);
    Connection& send(const char* type, const Bytes& payload);
    Connection& misbehave(const char* reason);
    void evict();
    void close();

    std::int64_t id() const { return id_; }
    bool inbound() const { return std::string_view{type_} == "inbound"; }

private:
    Script* script_;
    std::int64_t id_;
    std::string address_;
    const char* type_;
    Network network_;
    std::int64_t established_s_;
};

} // namespace peer_observer::sim_node
