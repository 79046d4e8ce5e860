#include "libs/bus/publisher.h"

#include "libs/bus/endpoint.h"
#include "libs/bus/frame.h"
#include "libs/bus/nng_handles.h"
#include "libs/bus/pipe_watch.h"
#include "libs/bus/queue_limit.h"

#include <nng/protocol/pubsub0/pub.h>

#include <sys/stat.h>

#include <atomic>
#include <cstring>
#include <new>
#include <random>
#include <stdexcept>

namespace peer_observer::bus {
namespace {

constexpr int kMaxQueueBatches = 8192; // nng's own limit

std::uint64_t random_id()
{
    std::random_device device;
    return std::uniform_int_distribution<std::uint64_t>{}(device);
}

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

} // namespace

class Publisher::Implementation {
public:
    explicit Implementation(const PublisherOptions& options)
        : node_{options.node}, limit_{options.queue_batches, options.queue_bytes}, id_{random_id()},
          pipes_{[this](nng_pipe, bool connected) { connected ? ++subscribers_ : --subscribers_; }},
          socket_{nng_pub0_open}
    {
        if (!is_node_name(node_)) {
            throw std::runtime_error{"bad node name \"" + node_ +
                                     "\": it must be 1 to 64 characters of [A-Za-z0-9._-]"};
        }
        if (options.queue_batches < 1 || options.queue_batches > kMaxQueueBatches) {
            throw std::runtime_error{"the queue of a subscriber must have room for 1 to 8192 batches, not " +
                                     std::to_string(options.queue_batches)};
        }
        set_places(options.queue_batches);
        pipes_.attach(socket_.get());
        listen(options);
    }

    void add(std::string_view event)
    {
        if (event.size() > kMaxEventBytes) throw std::length_error{"an event is too big for a frame"};
        if (frame_.empty()) begin_frame(frame_, node_, id_, next_sequence_);
        append_event(frame_, event);
        ++next_sequence_;
        ++events_in_frame_;
        if (frame_.size() >= kBatchBytes) flush();
    }

    void flush()
    {
        if (frame_.empty()) return;
        send(frame_);
        events_ += events_in_frame_;
        events_in_frame_ = 0;
        frame_.clear();
    }

    void heartbeat()
    {
        flush();
        begin_frame(frame_, node_, id_, next_sequence_);
        send(frame_);
        frame_.clear();
    }

    const std::string& url() const { return url_; }
    std::uint64_t id() const { return id_; }
    std::uint64_t next_sequence() const { return next_sequence_; }
    PublisherStatistics statistics() const
    {
        return {.events = events_, .batches = batches_, .bytes = bytes_, .subscribers = subscribers_};
    }

private:
    void listen(const PublisherOptions& options)
    {
        const Endpoint endpoint = parse_endpoint(options.url);
        check_tls_use({endpoint}, options.tls);
        refuse_to_replace(endpoint);
        const std::string what = "cannot listen on " + endpoint.url;
        nng_listener listener = NNG_LISTENER_INITIALIZER;
        check(nng_listener_create(&listener, socket_.get(), endpoint.url.c_str()), what);
        if (endpoint.transport == Endpoint::Transport::kTls) {
            const TlsConfig tls = make_tls_config(NNG_TLS_MODE_SERVER, *options.tls);
            check(nng_listener_set_ptr(listener, NNG_OPT_TLS_CONFIG, tls.get()), what);
        }
        // Subscribers have nothing to say.
        check(nng_listener_set_size(listener, NNG_OPT_RECVMAXSZ, 1), what);
        check(nng_listener_start(listener, 0), what);

        url_ = endpoint.url;
        if (endpoint.transport != Endpoint::Transport::kIpc && endpoint.port == 0) {
            int port = 0;
            check(nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port), what);
            url_ = url_.substr(0, url_.rfind(':') + 1) + std::to_string(port);
        }
    }

    void set_places(int places)
    {
        if (places == places_) return;
        check(nng_socket_set_int(socket_.get(), NNG_OPT_SENDBUF, places), "cannot set the queue's size");
        places_ = places;
    }

    void send(const std::string& frame)
    {
        nng_msg* raw = nullptr;
        if (nng_msg_alloc(&raw, frame.size()) != 0) throw std::bad_alloc{};
        Message message{raw};
        std::memcpy(nng_msg_body(raw), frame.data(), frame.size());
        set_places(limit_.before_send(frame.size()));
        check(nng_sendmsg(socket_.get(), raw, 0), "cannot publish"); // a PUB socket never waits
        (void)message.release();
        ++batches_;
        bytes_ += frame.size();
    }

    std::string node_;
    QueueLimit limit_;
    std::uint64_t id_;
    std::string url_;
    std::string frame_; ///< what has not left yet; empty or with at least one event
    std::uint64_t events_in_frame_ = 0;
    std::uint64_t next_sequence_ = 0;
    int places_ = 0;
    std::atomic<std::uint64_t> events_ = 0;
    std::atomic<std::uint64_t> batches_ = 0;
    std::atomic<std::uint64_t> bytes_ = 0;
    std::atomic<std::uint64_t> subscribers_ = 0;
    // Closed first: its last callbacks go to what stands above.
    PipeWatch pipes_;
    Socket socket_;
};

Publisher::Publisher(const PublisherOptions& options) : implementation_{std::make_unique<Implementation>(options)} {}
Publisher::~Publisher() = default;
void Publisher::add(std::string_view event) { implementation_->add(event); }
void Publisher::flush() { implementation_->flush(); }
void Publisher::heartbeat() { implementation_->heartbeat(); }
const std::string& Publisher::url() const { return implementation_->url(); }
std::uint64_t Publisher::id() const { return implementation_->id(); }
std::uint64_t Publisher::next_sequence() const { return implementation_->next_sequence(); }
PublisherStatistics Publisher::statistics() const { return implementation_->statistics(); }

} // namespace peer_observer::bus
