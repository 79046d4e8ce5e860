// Listens for subscribers and sends each frame to all of them.
#pragma once

#include "libs/bus/connection.h"
#include "libs/bus/endpoint.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace peer_observer::bus {

/// Does what nng's PUB socket does, and speaks its protocol, for three reasons: its queues count messages, not bytes;
/// nothing tells whether it has delivered what it was given; and up to nng 1.5, which Debian 12 has, it never accepts a
/// connection again after a peer closed one at the wrong moment (NNG_ECLOSED from the handshake ends its accept loop).
class Fanout {
public:
    /// Listens at once. Throws std::runtime_error naming the URL or file when it cannot.
    Fanout(const Endpoint& endpoint, const std::optional<TlsFiles>& tls, const QueueLimits& limits);
    ~Fanout();
    Fanout(const Fanout&) = delete;
    Fanout& operator=(const Fanout&) = delete;

    /// Never waits for a subscriber. To be called on one thread, at least once a second or so. Disconnects the
    /// subscriber that has taken nothing for longest where one has done so for too long, or all together hold too much
    /// memory.
    void send(std::string frame, std::uint64_t events);

    /// For connections that come from now on. Those that are established stay as they are. Throws std::runtime_error
    /// naming the file that cannot be used; nothing is changed then.
    void use(const TlsFiles& tls);

    /// The TCP port it listens on.
    int port() const;
    /// May be called from any thread.
    std::uint64_t subscribers() const;
    /// The operating system has taken all frames for all subscribers.
    bool idle() const;
    /// May be called from any thread.
    const Refusals& refusals() const { return refusals_; }
    Refusals& refusals() { return refusals_; }
    const Losses& losses() const { return losses_; }
    Losses& losses() { return losses_; }

private:
    static void on_accept(void* fanout) noexcept;
    void accepted(int error);
    void admit(Stream stream);
    void sort_strangers();
    void make_room(const Connection& newest);
    void disconnect_the_worst();

    Endpoint::Transport transport_;
    QueueLimits limits_;
    Refusals refusals_; ///< connections use these three
    Losses losses_;
    std::atomic<std::size_t> held_bytes_ = 0; ///< of all frames that are not sent to all
    std::chrono::steady_clock::time_point last_send_ = std::chrono::steady_clock::now();
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<Connection>> strangers_; ///< whose handshake is not complete, oldest first
    std::vector<std::unique_ptr<Connection>> subscribers_;
    bool closing_ = false;
    bool pausing_ = false; ///< accept_aio_ waits after a failure
    // Ended from below.
    StreamListener listener_;
    Aio accept_aio_;
};

} // namespace peer_observer::bus
