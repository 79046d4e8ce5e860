// Network addresses: as text, as `addr` and as `addrv2` have them. None can be reached (see random_address).
#pragma once

#include "tests/sim_node/random.h"
#include "tests/sim_node/writer.h"

#include <optional>
#include <string>

namespace peer_observer::sim_node {

/// Core's enum Network, as the connection probes report it.
enum class Network : std::uint32_t { unroutable, ipv4, ipv6, onion, i2p, cjdns, internal };

struct Address {
    Network network = Network::unroutable;
    Bytes bytes;
    std::uint16_t port = 0;

    /// Without the port, as Core prints it.
    std::string text() const;
    /// As Core prints it: IPv6 and CJDNS in brackets.
    std::string text_with_port() const;
    /// The 16 bytes of an `addr` message; nothing for networks that only `addrv2` can carry.
    std::optional<Bytes> legacy() const;
    /// The network's number in an `addrv2` message.
    std::uint8_t bip155_network() const;
};

/// An address nobody has, which Bitcoin Core takes for a routable one: of 240.0.0.0/4 or 100::/8 (both reserved by the
/// IETF), or a random Tor, I2P or CJDNS key. A tool that dials what it observes reaches no one.
Address random_address(Random& random);
Address random_address(Random& random, Network network);

} // namespace peer_observer::sim_node
