#include "services/web/http/server.h"

#include "services/web/http/session.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace peer_observer::web {

using boost::asio::ip::tcp;

class Server::Implementation {
public:
    Implementation(base::HostPort address, std::shared_ptr<Hub> hub)
        : hub_{std::move(hub)}, acceptor_{io_}, retry_{io_}, address_{std::move(address)}
    {
        try {
            const tcp::endpoint endpoint{boost::asio::ip::make_address(address_.host), address_.port};
            acceptor_.open(endpoint.protocol());
            acceptor_.set_option(tcp::acceptor::reuse_address{true});
            acceptor_.bind(endpoint);
            acceptor_.listen(128);
            address_.port = acceptor_.local_endpoint().port();
        } catch (const boost::system::system_error& error) {
            throw std::runtime_error{
                fmt::format("cannot listen on {}: {}", base::to_string(address_), error.code().message())};
        }
        accept();
    }

    void run() { io_.run(); }
    void stop() { io_.stop(); }
    const base::HostPort& address() const { return address_; }
    ClientStatistics statistics() const { return hub_->statistics(); }

private:
    void accept()
    {
        acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
            if (error) return wait(); // no descriptors: those that are open end some time
            if (hub_->connections < hub_->limits.connections)
                std::make_shared<Session>(std::move(socket), hub_)->start();
            else
                ++hub_->refused;
            accept();
        });
    }

    void wait()
    {
        retry_.expires_after(std::chrono::milliseconds{100});
        retry_.async_wait([this](const boost::system::error_code& error) {
            if (!error) accept();
        });
    }

    std::shared_ptr<Hub> hub_;
    boost::asio::io_context io_{1};
    tcp::acceptor acceptor_;
    boost::asio::steady_timer retry_;
    base::HostPort address_;
};

Server::Server(const base::HostPort& address, Backend& backend, Guard guard, Pages pages, const ServerLimits& limits)
    : implementation_{std::make_shared<Implementation>(
          address, std::make_shared<Hub>(backend, std::move(guard), std::move(pages), limits))},
      thread_{[this] { implementation_->run(); }}
{}

Server::~Server()
{
    implementation_->stop();
    thread_.join();
}

const base::HostPort& Server::address() const { return implementation_->address(); }

ClientStatistics Server::statistics() const { return implementation_->statistics(); }

} // namespace peer_observer::web
