// Follows the connections ("pipes") of an nng socket.
#pragma once

#include <nng/nng.h>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace peer_observer::bus {

/// Must outlive the socket.
class PipeWatch {
public:
    /// Called on nng's threads, one call at a time: once when a connection is usable, and once when that connection has
    /// gone. Must not throw.
    using Callback = std::function<void(nng_pipe pipe, bool connected)>;

    explicit PipeWatch(Callback callback) : callback_{std::move(callback)} {}
    PipeWatch(const PipeWatch&) = delete;
    PipeWatch& operator=(const PipeWatch&) = delete;

    /// To be called before the socket listens or dials.
    void attach(nng_socket socket);

private:
    static void on_event(nng_pipe pipe, nng_pipe_ev event, void* watch) noexcept;

    Callback callback_;
    std::mutex mutex_;
    /// By id: is it usable? nng may report that a connection has gone before it has reported that it is usable.
    std::map<int, bool> pipes_;
};

} // namespace peer_observer::bus
