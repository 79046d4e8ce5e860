#include "libs/bus/connection.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

namespace peer_observer::bus {
namespace {

struct Remote {
    std::string address; ///< `127.0.0.1:4711`; an ipc:// connection has none
    std::string host;
};

Remote remote(nng_stream* stream)
{
    nng_sockaddr address{};
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (nng_stream_get_addr(stream, NNG_OPT_REMADDR, &address) == 0) {
        if (address.s_family == NNG_AF_INET) {
            inet_ntop(AF_INET, &address.s_in.sa_addr, text.data(), text.size());
            return {std::string{text.data()} + ":" + std::to_string(ntohs(address.s_in.sa_port)), text.data()};
        }
        if (address.s_family == NNG_AF_INET6) {
            inet_ntop(AF_INET6, &address.s_in6.sa_addr, text.data(), text.size());
            constexpr std::size_t kNetworkBytes = 8;
            return {"[" + std::string{text.data()} + "]:" + std::to_string(ntohs(address.s_in6.sa_port)),
                    {reinterpret_cast<const char*>(address.s_in6.sa_addr), kNetworkBytes}};
        }
    }
    return {"local process", ""};
}

} // namespace

Connection::Connection(Stream stream, Endpoint::Transport transport, const QueueLimits& limits, Refusals& refusals,
                       Losses& losses)
    : transport_{transport}, limits_{limits}, refusals_{refusals}, losses_{losses}, stream_{std::move(stream)},
      send_aio_{make_aio(on_sent, this)}, receive_aio_{make_aio(on_received, this)}
{
    const std::lock_guard lock{mutex_};
    auto [address, host] = remote(stream_.get());
    address_ = std::move(address);
    host_ = std::move(host);
    nng_aio_set_timeout(send_aio_.get(), sp::kGreetingMs);
    nng_aio_set_timeout(receive_aio_.get(), sp::kGreetingMs);
    std::ranges::copy(sp::kPubGreeting, head_.bytes.begin());
    head_.size = sp::kPubGreeting.size();
    post_send();
    post_receive();
}

Connection::~Connection()
{
    {
        const std::lock_guard lock{mutex_};
        close();
    }
    // The callbacks use both.
    nng_aio_stop(send_aio_.get());
    nng_aio_stop(receive_aio_.get());
}

void Connection::send(const SharedFrame& frame, std::chrono::nanoseconds passed)
{
    const std::lock_guard lock{mutex_};
    if (state_ != State::ready) return;
    std::uint64_t batches = 0;
    std::uint64_t events = 0;
    while (!waiting_.empty() &&
           (waiting_.size() >= limits_.batches || waiting_bytes_ + frame->bytes.size() > limits_.bytes)) {
        ++batches;
        events += waiting_.front()->events;
        waiting_bytes_ -= waiting_.front()->bytes.size();
        waiting_.pop_front();
    }
    if (batches > 0) losses_.dropped(address_, batches, events);
    waiting_.push_back(frame);
    waiting_bytes_ += frame->bytes.size();
    if (sending_) stalled_ += passed;
    send_next();
}

std::chrono::nanoseconds Connection::stalled() const
{
    const std::lock_guard lock{mutex_};
    return sending_ && state_ == State::ready ? stalled_ : std::chrono::nanoseconds{0};
}

void Connection::disconnect(Losses::Reason reason)
{
    const std::lock_guard lock{mutex_};
    if (state_ != State::ready) return;
    std::uint64_t batches = waiting_.size() + (frame_ ? 1 : 0);
    std::uint64_t events = frame_ ? frame_->events : 0;
    for (const auto& frame : waiting_)
        events += frame->events;
    if (batches > 0) losses_.dropped(address_, batches, events);
    losses_.disconnected(address_, reason);
    close();
}

void Connection::give_up(const std::string& why)
{
    const std::lock_guard lock{mutex_};
    if (state_ == State::closed) return;
    refusals_.add("refused connection from " + address_ + ": " + why);
    close();
}

bool Connection::finished() const
{
    const std::lock_guard lock{mutex_};
    return state_ == State::closed && pending_ == 0;
}

Connection::State Connection::state() const
{
    const std::lock_guard lock{mutex_};
    return state_;
}

bool Connection::idle() const
{
    const std::lock_guard lock{mutex_};
    return state_ != State::ready || (!sending_ && waiting_.empty());
}

void Connection::on_sent(void* connection) noexcept
{
    auto& self = *static_cast<Connection*>(connection);
    const std::lock_guard lock{self.mutex_};
    --self.pending_;
    self.sent(nng_aio_result(self.send_aio_.get()), nng_aio_count(self.send_aio_.get()));
}

void Connection::on_received(void* connection) noexcept
{
    auto& self = *static_cast<Connection*>(connection);
    const std::lock_guard lock{self.mutex_};
    --self.pending_;
    self.received(nng_aio_result(self.receive_aio_.get()), nng_aio_count(self.receive_aio_.get()));
}

void Connection::sent(int error, std::size_t bytes)
{
    if (state_ == State::closed) return;
    if (error != 0) {
        fail(error);
        return;
    }
    sent_bytes_ += bytes;
    stalled_ = std::chrono::nanoseconds{0};
    if (sent_bytes_ < head_.size + (frame_ ? frame_->bytes.size() : 0)) {
        post_send();
        return;
    }
    sending_ = false;
    frame_.reset();
    if (!greeted_) {
        greeted_ = true;
        end_handshake();
    }
    send_next();
}

void Connection::received(int error, std::size_t bytes)
{
    if (state_ == State::closed) return;
    // Subscribers have nothing to say after their greeting: what comes is their end, or not nng.
    if (error != 0) {
        fail(error);
        return;
    }
    if (greeting_bytes_ == greeting_.size()) {
        losses_.disconnected(address_, Losses::Reason::spoke);
        close();
        return;
    }
    greeting_bytes_ += bytes;
    if (greeting_bytes_ == greeting_.size()) {
        if (greeting_ != sp::kSubGreeting) {
            refuse("unexpected handshake: not an nng SUB socket");
            return;
        }
        nng_aio_set_timeout(receive_aio_.get(), NNG_DURATION_INFINITE);
        end_handshake();
    }
    post_receive();
}

void Connection::end_handshake()
{
    if (!greeted_ || greeting_bytes_ < greeting_.size()) return;
    state_ = State::ready;
    nng_aio_set_timeout(send_aio_.get(), NNG_DURATION_INFINITE);
}

void Connection::send_next()
{
    if (state_ != State::ready || sending_ || waiting_.empty()) return;
    frame_ = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= frame_->bytes.size();
    head_ = sp::make_head(transport_, frame_->bytes.size());
    sent_bytes_ = 0;
    stalled_ = std::chrono::nanoseconds{0};
    post_send();
}

void Connection::post_send()
{
    sending_ = true;
    std::array<nng_iov, 2> parts{};
    unsigned count = 0;
    if (sent_bytes_ < head_.size) parts[count++] = {head_.bytes.data() + sent_bytes_, head_.size - sent_bytes_};
    if (frame_) {
        const std::size_t done = std::max(sent_bytes_, head_.size) - head_.size;
        // nng does not write to what it sends.
        parts[count++] = {const_cast<char*>(frame_->bytes.data()) + done, frame_->bytes.size() - done};
    }
    ++pending_;
    nng_aio_set_iov(send_aio_.get(), count, parts.data());
    nng_stream_send(stream_.get(), send_aio_.get());
}

void Connection::post_receive()
{
    const std::size_t done =
        greeting_bytes_ % greeting_.size(); // after the greeting its room serves for what must not come
    nng_iov part = {greeting_.data() + done, greeting_.size() - done};
    ++pending_;
    nng_aio_set_iov(receive_aio_.get(), 1, &part);
    nng_stream_recv(stream_.get(), receive_aio_.get());
}

void Connection::fail(int error)
{
    if (state_ == State::ready) return close();
    const std::string reason = nng_strerror(error);
    if (transport_ != Endpoint::Transport::tls || greeted_) { // a greeting that is out went over TLS
        refuse("connection closed before the handshake was complete (" + reason + ")");
    } else { // nng does not tell these apart
        refuse(
            "TLS handshake failed (" + reason +
            "): its certificate is missing, has expired or is not signed by the CA file, or it does not accept ours, "
            "or it does not speak TLS");
    }
}

void Connection::refuse(const std::string& why)
{
    refusals_.add("refused connection from " + address_ + ": " + why);
    close();
}

void Connection::close()
{
    if (state_ == State::closed) return;
    state_ = State::closed;
    waiting_.clear();
    waiting_bytes_ = 0;
    nng_stream_close(stream_.get());
}

} // namespace peer_observer::bus
