#include "libs/bus/subscriber.h"

#include "libs/base/hex.h"
#include "libs/bus/continuity.h"
#include "libs/bus/endpoint.h"
#include "libs/bus/frame.h"
#include "libs/bus/inbox.h"
#include "libs/bus/notices.h"
#include "libs/bus/pipe_watch.h"
#include "libs/bus/sources.h"

#include <nng/protocol/pubsub0/sub.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace peer_observer::bus {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMaxQueueBatches = 8192;                // nng's own limit
constexpr auto kLongestWait = std::chrono::hours{24}; // a time point has no room for "for ever"
constexpr nng_duration kFirstRedialMs = 100;
constexpr nng_duration kLastRedialMs = 1000;

std::vector<Endpoint> parse_sources(const SubscriberOptions& options)
{
    if (options.sources.empty()) throw std::runtime_error{"no source is given"};
    std::vector<Endpoint> endpoints;
    for (const auto& url : options.sources) {
        if (std::ranges::find(endpoints, url, &Endpoint::url) != endpoints.end()) {
            throw std::runtime_error{"source " + url + " is given twice"};
        }
        endpoints.push_back(parse_endpoint(url));
        if (endpoints.back().transport != Endpoint::Transport::kIpc && endpoints.back().port == 0) {
            throw std::runtime_error{"bad URL \"" + url + "\": nobody listens on port 0"};
        }
    }
    check_tls_use(endpoints, options.tls);
    return endpoints;
}

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b)
{
    return b > std::numeric_limits<std::uint64_t>::max() - a ? std::numeric_limits<std::uint64_t>::max() : a + b;
}

} // namespace

class Subscriber::Implementation {
public:
    explicit Implementation(const SubscriberOptions& options)
        : inbox_{static_cast<std::size_t>(std::max(options.queue_batches, 1)), options.queue_bytes},
          sources_{options.sources}, arrival_{make_arrival()},
          pipes_{[this](nng_pipe pipe, bool connected) { on_pipe(pipe, connected); }}, socket_{nng_sub0_open}
    {
        if (options.queue_batches < 1 || options.queue_batches > kMaxQueueBatches) {
            throw std::runtime_error{"the queue must have room for 1 to 8192 batches, not " +
                                     std::to_string(options.queue_batches)};
        }
        // Usually empty: frames go to the inbox as they arrive.
        check(nng_socket_set_int(socket_.get(), NNG_OPT_RECVBUF, options.queue_batches), "cannot set the queue's size");
        subscribe(options.nodes);
        pipes_.attach(socket_.get());
        dial(parse_sources(options), options.tls);
    }

    std::optional<Batch> receive(std::chrono::milliseconds timeout)
    {
        const auto deadline = Clock::now() + std::min<Clock::duration>(timeout, kLongestWait);
        do {
            Inbox::Dropped dropped;
            current_ = inbox_.take(deadline, dropped);
            for (const auto& [publisher_id, first_sequence] : dropped)
                continuity_.start(publisher_id, first_sequence);
            for (const auto& notice : sources_.take_notices(Clock::now()))
                tell(notice);
            if (!current_) continue;
            if (auto batch = check_frame()) return batch;
        } while (Clock::now() < deadline);
        return std::nullopt;
    }

    void on_notice(std::function<void(const std::string&)> callback) { callback_ = std::move(callback); }

    SubscriberStatistics statistics() const
    {
        return {.events = events_,
                .batches = batches_,
                .bytes = bytes_,
                .missed_events = missed_events_,
                .bad_frames = bad_frames_,
                .connected_sources = sources_.connected()};
    }

private:
    void subscribe(const std::vector<std::string>& nodes)
    {
        std::vector<std::string> topics;
        for (const auto& node : nodes) {
            if (!is_node_name(node)) {
                throw std::runtime_error{"bad node name \"" + node +
                                         "\": it must be 1 to 64 characters of [A-Za-z0-9._-]"};
            }
            topics.push_back(frame_start(node));
        }
        if (topics.empty()) topics.emplace_back(kTopicPrefix);
        for (const auto& topic : topics) {
            check(nng_socket_set(socket_.get(), NNG_OPT_SUB_SUBSCRIBE, topic.data(), topic.size()), "cannot subscribe");
        }
    }

    void dial(const std::vector<Endpoint>& endpoints, const std::optional<TlsFiles>& tls)
    {
        std::vector<nng_dialer> dialers;
        for (const auto& endpoint : endpoints) {
            const std::string what = "cannot dial " + endpoint.url;
            nng_dialer dialer = NNG_DIALER_INITIALIZER;
            check(nng_dialer_create(&dialer, socket_.get(), endpoint.url.c_str()), what);
            check(nng_dialer_set_ms(dialer, NNG_OPT_RECONNMINT, kFirstRedialMs), what);
            check(nng_dialer_set_ms(dialer, NNG_OPT_RECONNMAXT, kLastRedialMs), what);
            check(nng_dialer_set_size(dialer, NNG_OPT_RECVMAXSZ, kMaxFrameBytes), what);
            if (endpoint.transport == Endpoint::Transport::kTls) {
                const TlsConfig config = make_tls_config(NNG_TLS_MODE_CLIENT, *tls);
                check(nng_tls_config_server_name(config.get(), endpoint.host.c_str()), what);
                check(nng_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, config.get()), what);
            }
            source_of_dialer_.emplace(nng_dialer_id(dialer), dialers.size());
            dialers.push_back(dialer);
        }
        nng_recv_aio(socket_.get(), arrival_.get());
        for (std::size_t i = 0; i < dialers.size(); ++i) {
            check(nng_dialer_start(dialers[i], NNG_FLAG_NONBLOCK), "cannot dial " + endpoints[i].url);
        }
    }

    Aio make_arrival()
    {
        nng_aio* raw = nullptr;
        check(nng_aio_alloc(&raw, on_arrival, this), "cannot receive");
        return Aio{raw};
    }

    // On one of nng's threads; the next call comes after nng_recv_aio.
    static void on_arrival(void* implementation) noexcept
    {
        auto& self = *static_cast<Implementation*>(implementation);
        const int error = nng_aio_result(self.arrival_.get());
        if (error == NNG_ECLOSED || error == NNG_ECANCELED) return;
        if (error == 0) self.inbox_.put(Message{nng_aio_get_msg(self.arrival_.get())});
        nng_recv_aio(self.socket_.get(), self.arrival_.get());
    }

    // On one of nng's threads.
    void on_pipe(nng_pipe pipe, bool connected)
    {
        const auto source = source_of_dialer_.find(nng_dialer_id(nng_pipe_dialer(pipe)));
        if (source == source_of_dialer_.end()) return;
        sources_.changed(source->second, connected);
        inbox_.wake();
    }

    /// The batch in current_, or nothing if it is bad.
    std::optional<Batch> check_frame()
    {
        const std::string_view bytes{static_cast<const char*>(nng_msg_body(current_.get())),
                                     nng_msg_len(current_.get())};
        const auto frame = parse_frame(bytes);
        if (!frame) {
            refuse(frame.error());
            return std::nullopt;
        }
        const auto verdict = continuity_.next(frame->publisher_id, frame->first_sequence, frame->event_count);
        if (verdict.went_backwards) {
            refuse("sequence numbers of " + describe(*frame) +
                   " went backwards; is one publisher a source under two URLs?");
            return std::nullopt;
        }
        if (verdict.missed > 0) {
            missed_events_ = saturating_add(missed_events_, verdict.missed);
            limited(gaps_, "missed " + std::to_string(verdict.missed) + " events of " + describe(*frame));
        }
        events_ += frame->event_count;
        ++batches_;
        bytes_ += bytes.size();
        return Batch{.node = frame->node,
                     .publisher_id = frame->publisher_id,
                     .first_sequence = frame->first_sequence,
                     .event_count = frame->event_count,
                     .missed = verdict.missed,
                     .bytes = frame->batch};
    }

    static std::string describe(const Frame& frame)
    {
        std::string id;
        for (unsigned shift = 64; shift > 0; shift -= 8)
            id += static_cast<char>(frame.publisher_id >> (shift - 8));
        return "node " + std::string{frame.node} + ", publisher " + base::to_hex(id);
    }

    void refuse(const std::string& why)
    {
        ++bad_frames_;
        limited(bad_, "bad frame: " + why);
    }

    void limited(NoticeLimit& limit, const std::string& notice)
    {
        if (const auto left_out = limit.pass(Clock::now())) {
            tell(*left_out == 0 ? notice : notice + " (" + std::to_string(*left_out) + " such notices were left out)");
        }
    }

    void tell(const std::string& notice) const
    {
        if (callback_) callback_(notice);
    }

    Inbox inbox_;
    Sources sources_;
    std::unordered_map<int, std::size_t> source_of_dialer_; ///< complete before the first dialer starts
    Continuity continuity_;
    NoticeLimit gaps_;
    NoticeLimit bad_;
    std::function<void(const std::string&)> callback_;
    Message current_;
    std::atomic<std::uint64_t> events_ = 0;
    std::atomic<std::uint64_t> batches_ = 0;
    std::atomic<std::uint64_t> bytes_ = 0;
    std::atomic<std::uint64_t> missed_events_ = 0;
    std::atomic<std::uint64_t> bad_frames_ = 0;
    // Ended from below: the socket first, which ends what calls back to the ones above.
    Aio arrival_;
    PipeWatch pipes_;
    Socket socket_;
};

Subscriber::Subscriber(const SubscriberOptions& options) : implementation_{std::make_unique<Implementation>(options)} {}
Subscriber::~Subscriber() = default;
std::optional<Batch> Subscriber::receive(std::chrono::milliseconds timeout)
{
    return implementation_->receive(timeout);
}
void Subscriber::on_notice(std::function<void(const std::string&)> callback)
{
    implementation_->on_notice(std::move(callback));
}
SubscriberStatistics Subscriber::statistics() const { return implementation_->statistics(); }

} // namespace peer_observer::bus
