#include "services/p2p-extractor/dialer.h"

#include <algorithm>
#include <utility>

namespace peer_observer::p2p_extractor {
namespace {

using boost::system::error_code;

constexpr std::chrono::nanoseconds kFirstPause = std::chrono::seconds{1};

} // namespace

Dialer::Dialer(boost::asio::io_context& io, boost::asio::ip::tcp::endpoint endpoint, Times times, Connected connected,
               Failed failed)
    : endpoint_{std::move(endpoint)}, times_{times}, connected_{std::move(connected)}, failed_{std::move(failed)},
      socket_{io}, timer_{io}, pause_{std::min(kFirstPause, times.longest_pause)}
{}

void Dialer::dial()
{
    is_late_ = false;
    started_ = Clock::now();
    timer_.expires_at(started_ + times_.timeout);
    timer_.async_wait([this](const error_code& error) {
        if (error) return;
        is_late_ = true;
        error_code ignored;
        socket_.close(ignored);
    });
    socket_.async_connect(endpoint_, [this](const error_code& error) { have_tried(error); });
}

void Dialer::have_tried(const error_code& error)
{
    if (is_stopped_) return;
    timer_.cancel();
    if (!error && socket_.is_open()) {
        const auto duration = Clock::now() - started_;
        return connected_(std::exchange(socket_, Socket{socket_.get_executor()}), duration);
    }
    error_code ignored;
    socket_.close(ignored);
    if (is_late_)
        failed_(proto::HANDSHAKE_TIMEOUT, "no connection in time");
    else
        failed_(proto::NETWORK_ERROR, error.message());
    dial_again(false);
}

void Dialer::dial_again(bool was_established)
{
    if (is_stopped_) return;
    const auto first = std::min(kFirstPause, times_.longest_pause);
    if (was_established) pause_ = first;
    timer_.expires_after(pause_);
    pause_ = std::min(2 * pause_, times_.longest_pause);
    timer_.async_wait([this](const error_code& error) {
        if (!error) dial();
    });
}

void Dialer::stop()
{
    is_stopped_ = true;
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
}

} // namespace peer_observer::p2p_extractor
