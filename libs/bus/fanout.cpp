#include "libs/bus/fanout.h"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace peer_observer::bus {
namespace {

// So that strangers cannot use up the file descriptors of the process.
constexpr std::size_t kMaxConnections = 512;
constexpr nng_duration kPauseMs = 100;

/// nng takes whatever refuses a connection at the path of an ipc:// URL for the socket of a publisher that was killed,
/// and deletes it. A plain file refuses connections too.
void refuse_to_replace(const Endpoint& endpoint)
{
    struct stat status{};
    if (endpoint.transport == Endpoint::Transport::kIpc && lstat(endpoint.path.c_str(), &status) == 0 &&
        !S_ISSOCK(status.st_mode)) {
        throw std::runtime_error{"cannot listen on " + endpoint.url + ": there is a file that is not a socket"};
    }
}

StreamListener listen(const Endpoint& endpoint, const std::optional<TlsFiles>& tls)
{
    refuse_to_replace(endpoint);
    const std::string what = "cannot listen on " + endpoint.url;
    nng_stream_listener* raw = nullptr;
    check(nng_stream_listener_alloc(&raw, endpoint.url.c_str()), what);
    StreamListener listener{raw};
    if (endpoint.transport == Endpoint::Transport::kTls) {
        const TlsConfig config = make_tls_config(NNG_TLS_MODE_SERVER, *tls);
        check(nng_stream_listener_set_ptr(raw, NNG_OPT_TLS_CONFIG, config.get()), what);
    }
    if (endpoint.transport != Endpoint::Transport::kIpc) {
        check(nng_stream_listener_set_bool(raw, NNG_OPT_TCP_KEEPALIVE, true), what); // notices a host that is gone
    }
    check(nng_stream_listener_listen(raw), what);
    return listener;
}

} // namespace

Fanout::Fanout(const Endpoint& endpoint, const std::optional<TlsFiles>& tls, const QueueLimits& limits)
    : transport_{endpoint.transport}, limits_{limits}, listener_{listen(endpoint, tls)},
      accept_aio_{make_aio(on_accept, this)}
{
    nng_stream_listener_accept(listener_.get(), accept_aio_.get());
}

Fanout::~Fanout()
{
    {
        const std::lock_guard lock{mutex_};
        closing_ = true;
    }
    nng_stream_listener_close(listener_.get());
    nng_aio_stop(accept_aio_.get());
}

void Fanout::send(const SharedFrame& frame)
{
    std::vector<std::unique_ptr<Connection>> closed; // they end after the lock: that waits for their callbacks
    const std::lock_guard lock{mutex_};
    const auto gone = std::ranges::partition(
        connections_, [](const auto& connection) { return connection->state() != Connection::State::kClosed; });
    std::ranges::move(gone, std::back_inserter(closed));
    connections_.erase(gone.begin(), gone.end());
    for (const auto& connection : connections_)
        connection->send(frame);
}

int Fanout::port() const
{
    int port = 0;
    check(nng_stream_listener_get_int(listener_.get(), NNG_OPT_TCP_BOUND_PORT, &port), "cannot tell the port");
    return port;
}

std::uint64_t Fanout::subscribers() const
{
    const std::lock_guard lock{mutex_};
    return static_cast<std::uint64_t>(std::ranges::count_if(
        connections_, [](const auto& connection) { return connection->state() == Connection::State::kReady; }));
}

bool Fanout::idle() const
{
    const std::lock_guard lock{mutex_};
    return std::ranges::all_of(connections_, [](const auto& connection) { return connection->idle(); });
}

void Fanout::on_accept(void* fanout) noexcept
{
    auto& self = *static_cast<Fanout*>(fanout);
    self.accepted(nng_aio_result(self.accept_aio_.get()));
}

void Fanout::accepted(int error)
{
    const std::lock_guard lock{mutex_};
    const bool has_paused = std::exchange(pausing_, false);
    if (!has_paused && error == 0) {
        Stream stream{static_cast<nng_stream*>(nng_aio_get_output(accept_aio_.get(), 0))};
        if (!closing_ && connections_.size() < kMaxConnections) {
            connections_.push_back(std::make_unique<Connection>(std::move(stream), transport_, limits_, refusals_));
        } else if (!closing_) {
            refusals_.add("refused a connection: there are " + std::to_string(kMaxConnections) + " already");
        }
    }
    if (closing_) return;
    if (!has_paused && error != 0) {
        // Mostly no file descriptors left; a failure that is the peer's own does no harm by the pause.
        pausing_ = true;
        nng_sleep_aio(kPauseMs, accept_aio_.get());
    } else {
        nng_stream_listener_accept(listener_.get(), accept_aio_.get());
    }
}

} // namespace peer_observer::bus
