// Listens at one address for a node that connects.
#pragma once

#include "libs/base/host_port.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>

namespace peer_observer::p2p_extractor {

class Listener {
public:
    using Socket = boost::asio::ip::tcp::socket;

    /// Listens at once. Throws std::runtime_error that names the address where it cannot.
    Listener(boost::asio::io_context& io, const base::HostPort& address, std::function<void(Socket)> connected);

    /// With the port that was picked, where port 0 was asked for.
    base::HostPort address() const;
    void stop();

private:
    void accept();

    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer timer_; ///< after an error that is likely to come again, as a lack of file descriptors
    std::function<void(Socket)> connected_;
};

} // namespace peer_observer::p2p_extractor
