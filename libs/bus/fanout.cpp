#include "libs/bus/fanout.h"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace peer_observer::bus {
namespace {

// So that subscribers cannot use up the file descriptors of the process.
constexpr std::size_t kMaxSubscribers = 512;
// Places of their own, in which strangers are in each other's way only: whoever connects to say nothing is closed for
// the next one. A TLS handshake takes some milliseconds and the way there and back three times.
constexpr std::size_t kMaxStrangers = 64;
constexpr std::size_t kMaxStrangersOfAHost = 32;
// Beyond the frames that wait in queues, which are the same for all, for those that are on their way to slow
// subscribers.
constexpr std::size_t kMaxHeldBeyondQueue = std::size_t{64} << 20U;
// A process that was stopped has not given its subscribers the chance to take anything.
constexpr std::chrono::seconds kLongestStep{2};
constexpr nng_duration kPauseMs = 100;

/// nng takes whatever refuses a connection at the path of an ipc:// URL for the socket of a publisher that was killed,
/// and deletes it. A plain file refuses connections too.
void refuse_to_replace(const Endpoint& endpoint)
{
    struct stat status{};
    if (endpoint.transport == Endpoint::Transport::ipc && lstat(endpoint.path.c_str(), &status) == 0 &&
        !S_ISSOCK(status.st_mode)) {
        throw std::runtime_error{"cannot listen on " + endpoint.url + ": there is a file that is not a socket"};
    }
}

void set_tls(nng_stream_listener* listener, const TlsFiles& files)
{
    const TlsConfig config = make_tls_config(NNG_TLS_MODE_SERVER, files);
    check(nng_stream_listener_set_ptr(listener, NNG_OPT_TLS_CONFIG, config.get()), "cannot use TLS");
}

StreamListener listen(const Endpoint& endpoint, const std::optional<TlsFiles>& tls)
{
    refuse_to_replace(endpoint);
    const std::string what = "cannot listen on " + endpoint.url;
    nng_stream_listener* raw = nullptr;
    check(nng_stream_listener_alloc(&raw, endpoint.url.c_str()), what);
    StreamListener listener{raw};
    if (endpoint.transport == Endpoint::Transport::tls) set_tls(raw, *tls);
    if (endpoint.transport != Endpoint::Transport::ipc) {
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

void Fanout::use(const TlsFiles& tls)
{
    if (transport_ != Endpoint::Transport::tls) return;
    {
        const std::lock_guard lock{mutex_}; // nng reads the configuration where it is asked to accept
        set_tls(listener_.get(), tls);
    }
    // What it waits for would still get the old one. Connections wait in the kernel meanwhile.
    nng_aio_abort(accept_aio_.get(), NNG_ECANCELED);
}

void Fanout::send(std::string frame, std::uint64_t events)
{
    held_bytes_ += frame.size();
    auto outgoing = std::make_unique<OutgoingFrame>();
    outgoing->bytes = std::move(frame);
    outgoing->events = events;
    const SharedFrame shared{outgoing.release(), [this](const OutgoingFrame* sent) {
                                 held_bytes_ -= sent->bytes.size();
                                 delete sent;
                             }};
    const auto now = std::chrono::steady_clock::now();
    const auto passed = std::min<std::chrono::nanoseconds>(now - std::exchange(last_send_, now), kLongestStep);

    std::vector<std::unique_ptr<Connection>> closed; // they end after the lock: that waits for their callbacks
    const std::lock_guard lock{mutex_};
    sort_strangers();
    for (auto* connections : {&strangers_, &subscribers_}) {
        const auto gone = std::ranges::stable_partition(
            *connections, [](const auto& connection) { return connection->state() != Connection::State::closed; });
        std::ranges::move(gone, std::back_inserter(closed));
        connections->erase(gone.begin(), gone.end());
    }
    for (const auto& connection : subscribers_)
        connection->send(shared, passed);
    disconnect_the_worst();
}

void Fanout::disconnect_the_worst()
{
    const auto worst =
        std::ranges::max_element(subscribers_, {}, [](const auto& connection) { return connection->stalled(); });
    if (worst == subscribers_.end() || (*worst)->stalled() == std::chrono::nanoseconds{0}) return;
    if ((*worst)->stalled() >= limits_.stall)
        (*worst)->disconnect(Losses::Reason::took_nothing);
    else if (held_bytes_ > limits_.bytes + kMaxHeldBeyondQueue)
        (*worst)->disconnect(Losses::Reason::memory);
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
    const auto ready = [](const auto& connection) { return connection->state() == Connection::State::ready; };
    return static_cast<std::uint64_t>(std::ranges::count_if(subscribers_, ready) +
                                      std::ranges::count_if(strangers_, ready));
}

bool Fanout::idle() const
{
    const std::lock_guard lock{mutex_};
    return std::ranges::all_of(subscribers_, [](const auto& connection) { return connection->idle(); });
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
        if (!closing_) admit(std::move(stream));
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

void Fanout::admit(Stream stream)
{
    sort_strangers();
    std::erase_if(strangers_, [](const auto& connection) { return connection->finished(); });
    strangers_.push_back(std::make_unique<Connection>(std::move(stream), transport_, limits_, refusals_, losses_));
    make_room(*strangers_.back());
}

/// Those whose handshake is complete become subscribers.
void Fanout::sort_strangers()
{
    const auto ready = std::ranges::stable_partition(
        strangers_, [](const auto& connection) { return connection->state() != Connection::State::ready; });
    for (auto& connection : ready) {
        if (subscribers_.size() < kMaxSubscribers) {
            subscribers_.push_back(std::move(connection));
        } else {
            connection->give_up("the limit of " + std::to_string(kMaxSubscribers) + " subscribers is reached");
        }
    }
    std::erase(strangers_, nullptr);
}

/// Closes the oldest of its host where that has too many, or the oldest of all.
void Fanout::make_room(const Connection& newest)
{
    const auto in_handshake = [](const auto& connection) {
        return connection->state() == Connection::State::handshake;
    };
    const auto of_its_host = [&](const auto& connection) {
        return connection->host() == newest.host() && in_handshake(connection);
    };
    // Processes on this host have no address.
    if (transport_ != Endpoint::Transport::ipc &&
        std::ranges::count_if(strangers_, of_its_host) > static_cast<std::ptrdiff_t>(kMaxStrangersOfAHost)) {
        (*std::ranges::find_if(strangers_, of_its_host))
            ->give_up("handshake incomplete, and too many connections from its host");
    } else if (std::ranges::count_if(strangers_, in_handshake) > static_cast<std::ptrdiff_t>(kMaxStrangers)) {
        (*std::ranges::find_if(strangers_, in_handshake))
            ->give_up("handshake incomplete, and other clients want to connect");
    }
}

} // namespace peer_observer::bus
