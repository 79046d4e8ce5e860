#include "services/p2p-extractor/listener.h"

#include "services/p2p-extractor/endpoint.h"

#include <boost/system/system_error.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <stdexcept>
#include <utility>

namespace peer_observer::p2p_extractor {
namespace {

constexpr auto kPauseAfterError = std::chrono::seconds{1};

} // namespace

Listener::Listener(boost::asio::io_context& io, const base::HostPort& address, std::function<void(Socket)> connected)
try : acceptor_{io, endpoint_of(address)}, timer_{io}, connected_{std::move(connected)} {
    accept();
} catch (const boost::system::system_error& error) {
    throw std::runtime_error{
        fmt::format("cannot listen for the node on {}: {}", to_string(address), error.code().message())};
}

base::HostPort Listener::address() const { return address_of(acceptor_.local_endpoint()); }

void Listener::accept()
{
    acceptor_.async_accept([this](const boost::system::error_code& error, Socket socket) {
        if (!acceptor_.is_open()) return;
        if (!error) {
            connected_(std::move(socket));
            return accept();
        }
        spdlog::warn("cannot accept a connection: {}", error.message());
        timer_.expires_after(kPauseAfterError);
        timer_.async_wait([this](const boost::system::error_code& stopped) {
            if (!stopped) accept();
        });
    });
}

void Listener::stop()
{
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    timer_.cancel();
}

} // namespace peer_observer::p2p_extractor
