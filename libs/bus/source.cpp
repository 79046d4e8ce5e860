#include "libs/bus/source.h"

#include "libs/base/limits.h"
#include "libs/bus/exposure.h"

#include <algorithm>
#include <utility>

namespace peer_observer::bus {
namespace {

constexpr nng_duration kFirstPauseMs = 100;
constexpr nng_duration kLongestPauseMs = 1000;
// After a frame that no publisher sends: what is behind it would be the same again.
constexpr nng_duration kOffencePauseMs = 5000;
constexpr nng_duration kDialMs = 5000; // a lost SYN is sent again after 1 and 3 seconds, then ever more slowly
constexpr nng_duration kLookMs = 1000;
// A look is taken only while this process runs: one that was stopped first reads what has come meanwhile.
constexpr int kMostSilentLooks = 4;
constexpr int kMostGreetingLooks = sp::kGreetingMs / kLookMs;

bool is_on_another_host(const Endpoint& endpoint)
{
    return endpoint.transport != Endpoint::Transport::ipc && !is_this_host(endpoint.host);
}

void set_tls(nng_stream_dialer* dialer, const Endpoint& endpoint, const TlsFiles& files)
{
    const std::string what = "cannot dial " + endpoint.url;
    const TlsConfig config = make_tls_config(NNG_TLS_MODE_CLIENT, files);
    check(nng_tls_config_server_name(config.get(), endpoint.host.c_str()), what);
    check(nng_stream_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, config.get()), what);
}

StreamDialer make_dialer(const Endpoint& endpoint, const std::optional<TlsFiles>& tls)
{
    const std::string what = "cannot dial " + endpoint.url;
    nng_stream_dialer* raw = nullptr;
    check(nng_stream_dialer_alloc(&raw, endpoint.url.c_str()), what);
    StreamDialer dialer{raw};
    if (endpoint.transport == Endpoint::Transport::tls) set_tls(raw, endpoint, *tls);
    if (endpoint.transport != Endpoint::Transport::ipc) {
        check(nng_stream_dialer_set_bool(raw, NNG_OPT_TCP_KEEPALIVE, true), what); // notices a host that is gone
    }
    return dialer;
}

/// Whether the other end hung up; with a TLS that does not like what it sees an alert comes first.
bool is_cut_off(int error) { return error == NNG_ECLOSED || error == NNG_ECONNRESET || error == NNG_ECONNSHUT; }

} // namespace

Source::Source(const Endpoint& endpoint, const std::optional<TlsFiles>& tls, Callbacks callbacks)
    : endpoint_{endpoint}, callbacks_{std::move(callbacks)}, pause_ms_{kFirstPauseMs},
      may_vanish_{is_on_another_host(endpoint)}, dialer_{make_dialer(endpoint, tls)},
      dial_aio_{make_aio(on_dialled, this)}, pause_aio_{make_aio(on_paused, this)}, look_aio_{make_aio(on_look, this)},
      send_aio_{make_aio(on_sent, this)}, receive_aio_{make_aio(on_received, this)}
{
    const std::lock_guard lock{mutex_};
    nng_aio_set_timeout(dial_aio_.get(), kDialMs);
    dial();
}

Source::~Source()
{
    {
        const std::lock_guard lock{mutex_};
        state_ = State::ended;
        nng_stream_dialer_close(dialer_.get());
        if (stream_) nng_stream_close(stream_.get());
    }
    for (const auto* aio : {&dial_aio_, &pause_aio_, &look_aio_, &send_aio_, &receive_aio_})
        nng_aio_stop(aio->get());
}

void Source::use(const TlsFiles& tls)
{
    if (endpoint_.transport != Endpoint::Transport::tls) return;
    const std::lock_guard lock{mutex_}; // nng reads the configuration where it is asked to dial
    set_tls(dialer_.get(), endpoint_, tls);
}

bool Source::connected() const
{
    const std::lock_guard lock{mutex_};
    return state_ == State::ready;
}

std::uint64_t Source::oversized_frames() const
{
    const std::lock_guard lock{mutex_};
    return oversized_frames_;
}

std::optional<Notice> Source::take_notice(Clock::time_point now)
{
    const std::lock_guard lock{mutex_};
    const std::uint64_t changes = changes_ - changes_told_;
    if (changes == 0) return std::exchange(failure_, std::nullopt);
    if (now < next_notice_) return std::nullopt;
    changes_told_ = changes_;
    next_notice_ = now + std::chrono::seconds{1};
    const std::string more =
        changes == 1 ? "" : " (" + std::to_string(changes - 1) + " changes before that were left out)";
    if (state_ == State::ready) return information("source " + endpoint_.url + " connected" + more);
    return warning("source " + endpoint_.url + " lost, retrying" + more);
}

void Source::dial()
{
    state_ = State::dialling;
    nng_stream_dialer_dial(dialer_.get(), dial_aio_.get());
}

void Source::pause()
{
    state_ = State::pausing;
    nng_sleep_aio(pause_ms_, pause_aio_.get());
    pause_ms_ = std::min(pause_ms_ * 2, std::max(pause_ms_, kLongestPauseMs));
}

void Source::on_dialled(void* source) noexcept
{
    auto& self = *static_cast<Source*>(source);
    const std::lock_guard lock{self.mutex_};
    const int error = nng_aio_result(self.dial_aio_.get());
    if (error == 0) {
        Stream stream{static_cast<nng_stream*>(nng_aio_get_output(self.dial_aio_.get(), 0))};
        if (self.state_ == State::dialling) self.start(std::move(stream));
    } else if (self.state_ == State::dialling) {
        self.fail_dial(error);
        self.pause();
    }
}

void Source::on_paused(void* source) noexcept
{
    auto& self = *static_cast<Source*>(source);
    const std::lock_guard lock{self.mutex_};
    if (self.state_ == State::pausing) self.dial();
}

void Source::look_again()
{
    if (looking_) return;
    looking_ = true;
    nng_sleep_aio(kLookMs, look_aio_.get());
}

std::optional<int> Source::most_silent_looks() const
{
    if (state_ == State::greeting) return kMostGreetingLooks;
    if (state_ == State::ready && may_vanish_) return kMostSilentLooks;
    return std::nullopt;
}

void Source::on_look(void* source) noexcept
{
    auto& self = *static_cast<Source*>(source);
    const std::lock_guard lock{self.mutex_};
    self.looking_ = false;
    const auto most_silent_looks = self.most_silent_looks();
    if (!most_silent_looks) return;
    if (++self.silent_looks_ < *most_silent_looks) {
        self.look_again();
    } else {
        self.fail_greeting(NNG_ETIMEDOUT);
        self.leave();
    }
}

void Source::start(Stream stream)
{
    stream_ = std::move(stream);
    state_ = State::greeting;
    greeting_bytes_sent_ = 0;
    silent_looks_ = 0;
    look_again();
    send_greeting();
    expect(Expected::greeting, publisher_greeting_.data(), publisher_greeting_.size());
}

void Source::send_greeting()
{
    ++pending_;
    // nng does not write to what it sends.
    nng_iov part = {const_cast<std::uint8_t*>(sp::kSubGreeting.data()) + greeting_bytes_sent_,
                    sp::kSubGreeting.size() - greeting_bytes_sent_};
    nng_aio_set_iov(send_aio_.get(), 1, &part);
    nng_stream_send(stream_.get(), send_aio_.get());
}

void Source::on_sent(void* source) noexcept
{
    auto& self = *static_cast<Source*>(source);
    const std::lock_guard lock{self.mutex_};
    --self.pending_;
    if (self.state_ != State::greeting && self.state_ != State::ready) {
        self.leave_if_idle();
        return;
    }
    self.greeting_bytes_sent_ += nng_aio_count(self.send_aio_.get());
    if (const int error = nng_aio_result(self.send_aio_.get()); error != 0) {
        self.fail_greeting(error);
        self.leave();
    } else if (self.greeting_bytes_sent_ < sp::kSubGreeting.size()) {
        self.send_greeting();
    }
}

void Source::expect(Expected what, void* into, std::size_t bytes)
{
    expected_ = what;
    missing_ = {into, bytes};
    post_receive();
}

void Source::post_receive()
{
    ++pending_;
    nng_aio_set_iov(receive_aio_.get(), 1, &missing_);
    nng_stream_recv(stream_.get(), receive_aio_.get());
}

void Source::on_received(void* source) noexcept
{
    auto& self = *static_cast<Source*>(source);
    const std::lock_guard lock{self.mutex_};
    --self.pending_;
    if (self.state_ != State::greeting && self.state_ != State::ready) {
        self.leave_if_idle();
        return;
    }
    if (const int error = nng_aio_result(self.receive_aio_.get()); error != 0) {
        self.fail_greeting(error);
        self.leave();
        return;
    }
    if (self.state_ == State::ready) self.silent_looks_ = 0;
    const std::size_t bytes = nng_aio_count(self.receive_aio_.get());
    self.missing_ = {static_cast<char*>(self.missing_.iov_buf) + bytes, self.missing_.iov_len - bytes};
    if (self.missing_.iov_len > 0) {
        self.post_receive();
    } else {
        self.received();
    }
}

/// What was expected is there.
void Source::received()
{
    if (expected_ == Expected::head) {
        const auto message_bytes = sp::read_head(head_);
        if (!message_bytes) {
            refuse("not an nng message");
            leave();
            return;
        }
        if (*message_bytes > base::kMaxFrameBytes) {
            leave_for(*message_bytes);
            return;
        }
        message_.resize(*message_bytes);
        if (*message_bytes > 0) {
            expect(Expected::message, message_.data(), message_.size());
            return;
        }
    } else if (expected_ == Expected::message) {
        callbacks_.arrived(std::exchange(message_, {}), connections_);
    } else {
        if (publisher_greeting_ != sp::kPubGreeting) {
            refuse("unexpected handshake: not an nng PUB socket");
            leave();
            return;
        }
        silent_looks_ = 0;
        if (may_vanish_) look_again();
        pause_ms_ = kFirstPauseMs;
        ++connections_;
        set_connected(true);
    }
    head_.size = sp::head_size(endpoint_.transport);
    expect(Expected::head, head_.bytes.data(), head_.size);
}

/// No warning: publisher and subscriber may be started in any order.
void Source::fail_dial(int error)
{
    if (const auto left_out = dial_limit_.pass(Clock::now())) {
        // nng's words for it are "Address invalid".
        const std::string reason = error == NNG_EADDRINVAL ? "the host name does not resolve" : nng_strerror(error);
        failure_ = information(
            with_left_out("cannot connect to source " + endpoint_.url + " (" + reason + "), retrying", *left_out));
    }
}

void Source::fail_greeting(int error)
{
    if (state_ != State::greeting) return;
    const std::string reason = nng_strerror(error);
    if (endpoint_.transport != Endpoint::Transport::tls) {
        refuse("no handshake (" + reason +
               "): it has no room for another connection, expects TLS, or is not a publisher");
    } else if (is_cut_off(error)) {
        refuse("TLS handshake cut off (" + reason +
               "): it has no room for another connection, or it does not accept our certificate, or it does not speak "
               "TLS");
    } else { // nng does not tell these apart
        refuse(
            "TLS handshake failed (" + reason +
            "): its certificate has expired, is not signed by the CA file or has another name, or it does not accept "
            "our certificate, or it does not speak TLS");
    }
}

void Source::refuse(const std::string& why)
{
    if (const auto left_out = greeting_limit_.pass(Clock::now()))
        failure_ = warning(with_left_out("source " + endpoint_.url + ": " + why + "; retrying", *left_out));
}

void Source::leave_for(std::uint64_t announced_bytes)
{
    ++oversized_frames_;
    pause_ms_ = kOffencePauseMs;
    refuse("frame of " + std::to_string(announced_bytes) + " bytes exceeds the limit of " +
           std::to_string(base::kMaxFrameBytes));
    leave();
}

void Source::leave()
{
    if (state_ == State::ready) set_connected(false);
    state_ = State::leaving;
    nng_stream_close(stream_.get());
    leave_if_idle();
}

/// The stream can go when nng has ended all that was asked of it.
void Source::leave_if_idle()
{
    if (state_ != State::leaving || pending_ > 0) return;
    stream_.reset();
    pause();
}

void Source::set_connected(bool connected)
{
    state_ = connected ? State::ready : State::leaving;
    ++changes_;
    if (connected) failure_.reset();
    callbacks_.came_or_went();
}

} // namespace peer_observer::bus
