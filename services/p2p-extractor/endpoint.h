// Addresses as Boost.Asio has them, and as everybody else has.
#pragma once

#include "libs/base/host_port.h"

#include <boost/asio/ip/tcp.hpp>

namespace peer_observer::p2p_extractor {

inline boost::asio::ip::tcp::endpoint endpoint_of(const base::HostPort& address)
{
    return {boost::asio::ip::make_address(address.host), address.port};
}

inline base::HostPort address_of(const boost::asio::ip::tcp::endpoint& endpoint)
{
    return {endpoint.address().to_string(), endpoint.port()};
}

} // namespace peer_observer::p2p_extractor
