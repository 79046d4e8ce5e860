// A session on a socket: one loop reads, one writes, and a timer does what is due. None of them cancels another.
#pragma once

#include "services/p2p-extractor/session.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace peer_observer::p2p_extractor {

class Connection : public std::enable_shared_from_this<Connection> {
public:
    /// `ended` is called once, when the socket has been closed.
    Connection(boost::asio::ip::tcp::socket socket, Session session, Figures& figures,
               std::function<void(Connection&)> ended);

    void start();
    /// Ends it: the program stops.
    void stop();

    const Session& session() const { return session_; }

private:
    void read();
    void have_read(const boost::system::error_code& error, std::size_t bytes);
    void have_written(const boost::system::error_code& error);
    /// Passes on what the session has to say, or closes the connection if the session has ended.
    void follow_session();
    void arm();
    void fail(const boost::system::error_code& error);

    boost::asio::ip::tcp::socket socket_;
    Session session_;
    Figures& figures_;
    std::function<void(Connection&)> ended_; ///< empty once it was called
    boost::asio::steady_timer timer_;
    std::optional<Clock::time_point> armed_;
    std::array<char, std::size_t{64} << 10U> buffer_;
    std::string unsent_;  ///< what waits until `sending_` has gone
    std::string sending_; ///< what the kernel is about to take; empty = it has everything
    bool is_reading_ = false;
};

} // namespace peer_observer::p2p_extractor
