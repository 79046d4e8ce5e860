// Connects to one address again and again: one connection at a time, with growing pauses after failures.
#pragma once

#include "proto/p2p_extractor.pb.h"
#include "services/p2p-extractor/session.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace peer_observer::p2p_extractor {

class Dialer {
public:
    using Socket = boost::asio::ip::tcp::socket;
    struct Times {
        std::chrono::nanoseconds timeout;       ///< of an attempt
        std::chrono::nanoseconds longest_pause; ///< between two attempts; the first one is a second, or less
    };
    using Connected = std::function<void(Socket, std::chrono::nanoseconds)>;
    using Failed = std::function<void(proto::EndReason, const std::string& detail)>;

    /// `connected` gets the socket and how long it took to connect it.
    Dialer(boost::asio::io_context& io, boost::asio::ip::tcp::endpoint endpoint, Times times, Connected connected,
           Failed failed);

    void dial();
    /// Reconnects after a pause, because the connection has ended. `was_established`: its handshake had been complete.
    void dial_again(bool was_established);
    void stop();

private:
    void have_tried(const boost::system::error_code& error);

    boost::asio::ip::tcp::endpoint endpoint_;
    Times times_;
    Connected connected_;
    Failed failed_;
    Socket socket_;
    boost::asio::steady_timer timer_; ///< of the attempt, or of the pause
    Clock::time_point started_;
    std::chrono::nanoseconds pause_;
    bool is_late_ = false;
    bool is_stopped_ = false;
};

} // namespace peer_observer::p2p_extractor
