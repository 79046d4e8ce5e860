#include "services/p2p-extractor/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>

#include <utility>

namespace peer_observer::p2p_extractor {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// A node that does not take our answers is not read from: each question costs an answer of about its own size.
constexpr std::size_t kMostUnsent = std::size_t{1} << 20U;

} // namespace

Connection::Connection(asio::ip::tcp::socket socket, Session session, Figures& figures,
                       std::function<void(Connection&)> ended)
    : socket_{std::move(socket)}, session_{std::move(session)}, figures_{figures}, ended_{std::move(ended)},
      timer_{socket_.get_executor()}
{
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay{true}, ignored); // as Core does
    ++figures_.connections;
}

void Connection::start()
{
    follow_session();
    read();
}

void Connection::stop()
{
    session_.end(proto::STOPPED, "the p2p-extractor stops", Clock::now());
    follow_session();
}

void Connection::read()
{
    if (is_reading_ || session_.ended() || unsent_.size() > kMostUnsent) return;
    is_reading_ = true;
    socket_.async_read_some(
        asio::buffer(buffer_),
        [self = shared_from_this()](const error_code& error, std::size_t bytes) { self->have_read(error, bytes); });
}

void Connection::have_read(const error_code& error, std::size_t bytes)
{
    const auto now = Clock::now();
    is_reading_ = false;
    if (error) return fail(error);
    figures_.bytes += bytes;
    session_.receive({buffer_.data(), bytes}, now);
    follow_session();
    read();
}

void Connection::have_written(const error_code& error)
{
    if (error) return fail(error);
    sending_.clear();
    follow_session();
    read();
}

void Connection::fail(const error_code& error)
{
    session_.end(error == asio::error::eof ? proto::CLOSED_BY_NODE : proto::NETWORK_ERROR,
                 error == asio::error::eof ? "the node closed the connection" : error.message(), Clock::now());
    follow_session();
}

void Connection::follow_session()
{
    if (!ended_) return;
    if (session_.ended()) {
        timer_.cancel();
        error_code ignored;
        socket_.close(ignored);
        --figures_.connections;
        std::exchange(ended_, {})(*this);
        return;
    }
    arm();
    unsent_ += session_.take_output();
    if (!sending_.empty() || unsent_.empty()) return;
    sending_ = std::exchange(unsent_, {});
    asio::async_write(socket_, asio::buffer(sending_),
                      [self = shared_from_this()](const error_code& error, std::size_t) { self->have_written(error); });
}

void Connection::arm()
{
    const auto deadline = session_.deadline();
    if (armed_ == deadline) return;
    armed_ = deadline;
    timer_.expires_at(deadline);
    timer_.async_wait([self = shared_from_this()](const error_code& error) {
        if (error) return; // armed anew, or closed
        self->armed_.reset();
        self->session_.tick(Clock::now());
        self->follow_session();
    });
}

} // namespace peer_observer::p2p_extractor
