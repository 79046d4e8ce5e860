// One subscriber's connection to a publisher: the publishing end of nng's PUB/SUB protocol over an nng stream.
#pragma once

#include "libs/bus/losses.h"
#include "libs/bus/refusals.h"
#include "libs/bus/sp.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

namespace peer_observer::bus {

struct OutgoingFrame {
    std::string bytes;
    std::uint64_t events = 0;
};
/// Shared by the connections that still have to send it.
using SharedFrame = std::shared_ptr<const OutgoingFrame>;

struct QueueLimits {
    std::size_t batches = 0;
    std::size_t bytes = 0;
    /// A subscriber that takes not one byte for so long, while something waits, is disconnected.
    std::chrono::nanoseconds stall = std::chrono::minutes{1};
};

/// Safe to use from any thread. Callbacks run on nng's threads.
class Connection {
public:
    /// Starts the handshake. `refusals` hears why it failed, if it does; `losses` what the subscriber did not get.
    Connection(Stream stream, Endpoint::Transport transport, const QueueLimits& limits, Refusals& refusals,
               Losses& losses);
    /// Closes the connection; what waits is dropped. Not to be called on nng's threads.
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Never waits: the oldest frames are dropped where the queue has no room. Does nothing before the handshake.
    /// `passed`: the time since the last call in which this process ran.
    void send(const SharedFrame& frame, std::chrono::nanoseconds passed);

    /// How long the subscriber has taken nothing of what is on its way.
    std::chrono::nanoseconds stalled() const;
    /// Closes the connection of a subscriber that costs too much.
    void disconnect(Losses::Reason reason);
    /// Closes a connection for which there is no room.
    void give_up(const std::string& why);
    /// The host of the other end, or what may be one's: of an IPv6 address the first 64 bits.
    const std::string& host() const { return host_; }

    enum class State { handshake, ready, closed };
    State state() const;
    /// Closed, and no callback is to come: may be ended on nng's threads, too.
    bool finished() const;
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
    Losses& losses_;
    int pending_ = 0; ///< operations on stream_ whose callbacks are to come
    State state_ = State::handshake;
    bool greeted_ = false; ///< our half of the handshake is out
    std::deque<SharedFrame> waiting_;
    std::size_t waiting_bytes_ = 0;
    bool sending_ = false;
    std::chrono::nanoseconds stalled_{0};
    /// What is on its way: the head, then the frame if there is one; sent_bytes_ of both are out.
    sp::Head head_;
    SharedFrame frame_;
    std::size_t sent_bytes_ = 0;
    sp::Greeting greeting_{}; ///< of the subscriber
    std::size_t greeting_bytes_ = 0;
    // Ended from below.
    Stream stream_;
    std::string host_;
    std::string address_; ///< of the other end; nng knows it only while the connection lasts
    Aio send_aio_;
    Aio receive_aio_;
};

} // namespace peer_observer::bus
