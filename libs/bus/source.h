// One source of a subscriber: dials its publisher until the end, and takes in what it sends.
#pragma once

#include "libs/bus/endpoint.h"
#include "libs/bus/notices.h"
#include "libs/bus/sp.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace peer_observer::bus {

/// A publisher sends something each second. One on another host that has sent nothing for four seconds is taken for
/// lost and redialled: TCP does not tell a side that only receives that the other host has lost its power, or that a
/// long interruption is over.
///
/// The subscribing end of nng's PUB/SUB protocol. Not nng's SUB socket: up to nng 1.5, which Debian 12 has, that never
/// reconnects after a publisher closed a connection at the wrong moment (NNG_ECLOSED from the handshake ends its
/// loop), and closing it sometimes hangs. Safe to use from any thread.
class Source {
public:
    using Clock = std::chrono::steady_clock;

    struct Callbacks {
        /// Called on nng's threads, one call at a time. Must not throw.
        std::function<void(std::string frame, std::uint64_t connection)> arrived;
        std::function<void()> came_or_went;
    };

    /// Starts dialling. Throws std::runtime_error naming the URL or file when it cannot ever work.
    Source(const Endpoint& endpoint, const std::optional<TlsFiles>& tls, Callbacks callbacks);
    /// No callback is called after it. Not to be called on nng's threads.
    ~Source();
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    /// For the next time that it dials. An established connection stays as it is. Throws std::runtime_error naming the
    /// file that cannot be used; nothing is changed then.
    void use(const TlsFiles& tls);

    bool connected() const;
    /// Frames that were announced with more than base::kMaxFrameBytes, each of which ended its connection.
    std::uint64_t oversized_frames() const;

    /// A line if the source came or went since the last line, unless that one is less than a second old: then this
    /// one is kept for later. Else why it cannot be connected, once a minute at most.
    std::optional<Notice> take_notice(Clock::time_point now);

private:
    enum class State { dialling, greeting, ready, leaving, pausing, ended };
    enum class Expected { greeting, head, message };

    static void on_dialled(void* source) noexcept;
    static void on_paused(void* source) noexcept;
    static void on_look(void* source) noexcept;
    static void on_sent(void* source) noexcept;
    static void on_received(void* source) noexcept;
    void dial();
    void pause();
    void look_again();
    /// After how many looks that find nothing the publisher is taken for lost. None: it may be silent.
    std::optional<int> most_silent_looks() const;
    void start(Stream stream);
    void send_greeting();
    void expect(Expected what, void* into, std::size_t bytes);
    void post_receive();
    void received();
    void fail_dial(int error);
    void fail_greeting(int error);
    void refuse(const std::string& why);
    void leave_for(std::uint64_t announced_bytes);
    void leave();
    void leave_if_idle();
    void set_connected(bool connected);

    Endpoint endpoint_;
    Callbacks callbacks_;
    mutable std::mutex mutex_;
    State state_ = State::dialling;
    nng_duration pause_ms_;
    std::uint64_t connections_ = 0; ///< that have got beyond the handshake
    std::uint64_t oversized_frames_ = 0;
    bool may_vanish_; ///< the network between it and us may be cut without either end being told
    bool looking_ = false;
    int silent_looks_ = 0;
    int pending_ = 0; ///< operations on stream_ whose callbacks are to come
    std::size_t greeting_bytes_sent_ = 0;
    sp::Greeting publisher_greeting_{};
    Expected expected_ = Expected::greeting;
    nng_iov missing_{}; ///< where the rest of what is expected goes
    sp::Head head_;
    std::string message_;
    std::uint64_t changes_ = 0;
    std::uint64_t changes_told_ = 0;
    Clock::time_point next_notice_ = Clock::time_point::min();
    std::optional<Notice> failure_;
    NoticeLimit dial_limit_{std::chrono::minutes{1}};
    NoticeLimit greeting_limit_{std::chrono::minutes{1}};
    // Ended from below.
    StreamDialer dialer_;
    Stream stream_;
    Aio dial_aio_;
    Aio pause_aio_; ///< not the same: nng 1.5 does not forget that an operation has slept, and times its next one
                    ///< wrongly
    Aio look_aio_;
    // Without timeouts: one ends a TLS connection, and nng tells nobody; and nng touches the stream when one of them
    // has timed out, while the callback of the other may free it.
    Aio send_aio_;
    Aio receive_aio_;
};

} // namespace peer_observer::bus
