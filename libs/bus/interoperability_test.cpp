// Both ends speak nng's own protocol: tools in other languages use its PUB and SUB sockets.
#include "libs/bus/frame.h"
#include "libs/bus/testing/bus.h"

#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>

namespace peer_observer::bus {
namespace {

using namespace testing;

// nng's sockets are not closed: in nng 1.5 that may hang.
class Interoperability : public ::testing::TestWithParam<std::string> {
protected:
    TemporaryFolder folder_;
    std::string url_ = GetParam() == "ipc" ? "ipc://" + folder_ / "events.sock" : kAnyPort;
};

TEST_P(Interoperability, LetsNngSubReadThePublisher)
{
    Publisher publisher{{.url = url_, .node = "alice"}};
    nng_socket sub = NNG_SOCKET_INITIALIZER;
    ASSERT_EQ(nng_sub0_open(&sub), 0);
    const std::string topic = frame_start("alice");
    ASSERT_EQ(nng_socket_set(sub, NNG_OPT_SUB_SUBSCRIBE, topic.data(), topic.size()), 0);
    ASSERT_EQ(nng_socket_set_ms(sub, NNG_OPT_RECVTIMEO, 20'000), 0);
    ASSERT_EQ(nng_dial(sub, publisher.url().c_str(), nullptr, 0), 0);
    wait_for_subscribers(publisher, 1);
    for (std::uint64_t i = 0; i < 10; ++i) {
        EXPECT_TRUE(publisher.add(make_event(i, 100'000)));
        publisher.flush();
        char* data = nullptr;
        std::size_t size = 0;
        ASSERT_EQ(nng_recv(sub, &data, &size, NNG_FLAG_ALLOC), 0);
        const auto frame = parse_frame({data, size});
        ASSERT_TRUE(frame) << frame.error();
        EXPECT_EQ(frame->first_sequence, i);
        EXPECT_EQ(frame->event_count, 1U);
        nng_free(data, size);
    }
}

TEST_P(Interoperability, LetsTheSubscriberReadNngPub)
{
    nng_socket pub = NNG_SOCKET_INITIALIZER;
    ASSERT_EQ(nng_pub0_open(&pub), 0);
    nng_listener listener = NNG_LISTENER_INITIALIZER;
    ASSERT_EQ(nng_listen(pub, url_.c_str(), &listener, 0), 0);
    if (GetParam() == "tcp") {
        int port = 0;
        ASSERT_EQ(nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port), 0);
        url_ = "tcp://127.0.0.1:" + std::to_string(port);
    }
    Subscriber subscriber{{.sources = {url_}}};
    std::uint64_t sequence = 0;
    wait_for("ten batches", [&] {
        std::string frame;
        begin_frame(frame, "bob", 1, sequence++);
        events::append_event(frame, make_event(sequence, 100'000));
        nng_send(pub, frame.data(), frame.size(), 0);
        subscriber.receive(10ms);
        return subscriber.statistics().batches >= 10;
    });
    EXPECT_EQ(subscriber.statistics().missed_events, 0U);
    EXPECT_EQ(subscriber.statistics().bad_frames, 0U);
}

INSTANTIATE_TEST_SUITE_P(Transports, Interoperability, ::testing::Values("tcp", "ipc"),
                         [](const auto& transport) { return transport.param; });

} // namespace
} // namespace peer_observer::bus
