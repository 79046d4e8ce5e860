// A connection of a node, as far as events have told of it.
#pragma once

#include "libs/asmap/autonomous_systems.h"
#include "proto/connection.pb.h"
#include "proto/p2p.pb.h"
#include "services/detector/moment.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace peer_observer::detector {

struct Peer {
    std::int64_t id = 0;
    std::string address; ///< with the port
    std::string host;    ///< without it
    /// The /24 of an IPv4 or the /48 of an IPv6 address; empty where the address does not tell who the peer is.
    std::string site;
    /// The /16 or the /32, as Bitcoin Core groups addresses (NetGroupManager::GetGroup, netgroup.cpp); likewise.
    std::string netgroup;
    /// Its autonomous system by the operator's asmap, as that was when the connection was first seen: 0 and empty
    /// without one, where it has none for the address, or where the address does not tell who the peer is.
    std::uint32_t mapped_as = 0;
    std::string as;                             ///< `AS64500`
    proto::Network network = proto::UNROUTABLE; ///< through which it is connected, if the opening was seen
    bool inbound = false;
    /// Everything from its first moment on has been seen.
    bool from_start = false;
    /// When the connection was opened, if from_start; else when it was first seen.
    Time since = 0;
    /// Everything from then on has been seen.
    Time complete_since = 0;
    std::string user_agent;         ///< empty until its version message
    bool is_left_out = false;       ///< the operator does not want to hear of it
    std::string known_as;           ///< the operator's name for it
    std::uint64_t looked_up = 0;    ///< with which version of the operator's list
    std::uint64_t latest_round = 0; ///< of the node's pace, in which it had its latest turn
    std::string latest_message;     ///< the type of its message that came last, as it named it
    /// Of that message; not set if it could not be decoded.
    proto::MessagePayload::PayloadCase latest_type = proto::MessagePayload::PAYLOAD_NOT_SET;

    /// Whether the host is this peer's own. Peers that come through Tor or I2P share an address.
    bool has_own_host() const { return !site.empty(); }
};

/// Of which nothing is known but this.
Peer make_peer(std::int64_t id, std::string_view address, bool inbound, proto::Network network = proto::UNROUTABLE,
               const asmap::AutonomousSystems* systems = nullptr);

/// Fills in the groups of the peer's host, as the network through which it is connected lets them be known.
void identify(Peer& peer, proto::Network network, const asmap::AutonomousSystems* systems);

/// `192.0.2.0/24`, `2001:db8::/48`, or the host itself for onion, I2P and other names. Not of hosts that tell nothing.
std::string site_of(std::string_view host);

/// `192.0.0.0/16`, `2001:db8::/32`, or the host itself for onion, I2P and other names. Not of hosts that tell nothing.
std::string netgroup_of(std::string_view host);

/// `AS64500`; empty for 0.
std::string as_text(std::uint32_t mapped_as);
/// The reverse; 0 for other groups.
std::uint32_t as_number(std::string_view group);

} // namespace peer_observer::detector
