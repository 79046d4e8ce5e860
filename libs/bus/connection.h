// One subscriber's connection to a publisher: the publishing end of nng's PUB/SUB protocol over an nng stream.
#pragma once

#include "libs/bus/refusals.h"
#include "libs/bus/sp.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

namespace peer_observer::bus {

/// Shared by the connections that still have to send it.
using SharedFrame = std::shared_ptr<const std::string>;

struct QueueLimits {
    std::size_t batches = 0;
    std::size_t bytes = 0;
};

/// Safe to use from any thread. Callbacks run on nng's threads.
class Connection {
public:
    /// Starts the handshake. `refusals` hears why it failed, if it does.
    Connection(Stream stream, Endpoint::Transport transport, const QueueLimits& limits, Refusals& refusals);
    /// Closes the connection; what waits is dropped. Not to be called on nng's threads.
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Never waits: the oldest frames are dropped where the queue has no room. Does nothing before the handshake.
    void send(const SharedFrame& frame);

    enum class State { kHandshake, kReady, kClosed };
    State state() const;
    /// Nothing waits that the operating system has not taken.
    bool idle() const;

private:
    static void on_sent(void* connection) noexcept;
    static void on_received(void* connection) noexcept;
    void sent(int error, std::size_t bytes);
    void received(int error, std::size_t bytes);
    void end_handshake();
    void send_next();
    void post_send();
    void post_receive();
    void fail(int error);
    void refuse(const std::string& why);
    void close();

    mutable std::mutex mutex_;
    Endpoint::Transport transport_;
    QueueLimits limits_;
    Refusals& refusals_;
    State state_ = State::kHandshake;
    bool greeted_ = false; ///< our half of the handshake is out
    std::deque<SharedFrame> waiting_;
    std::size_t waiting_bytes_ = 0;
    bool sending_ = false;
    /// What is on its way: the head, then the frame if there is one; sent_bytes_ of both are out.
    sp::Head head_;
    SharedFrame frame_;
    std::size_t sent_bytes_ = 0;
    sp::Greeting greeting_{}; ///< of the subscriber
    std::size_t greeting_bytes_ = 0;
    // Ended from below.
    Stream stream_;
    std::string address_; ///< of the other end; nng knows it only while the connection lasts
    Aio send_aio_;
    Aio receive_aio_;
};

} // namespace peer_observer::bus
