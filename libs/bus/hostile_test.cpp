// Peers that do not keep to the protocol, on either end.
#include "libs/bus/fanout.h"
#include "libs/bus/frame.h"
#include "libs/bus/testing/bus.h"
#include "libs/bus/testing/raw_socket.h"

#include <gmock/gmock.h>

#include <limits>
#include <random>

namespace peer_observer::bus {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

/// A publisher that sends whatever it is told to.
class Liar {
public:
    std::string url() const { return "tcp://127.0.0.1:" + std::to_string(fanout_.port()); }
    std::uint64_t subscribers() const { return fanout_.subscribers(); }
    void send(const std::string& bytes) { fanout_.send(bytes, 0); }
    void send_batch(std::uint64_t first_sequence, int events = 1, std::uint64_t id = 1)
    {
        std::string frame;
        begin_frame(frame, "liar", id, first_sequence);
        for (int i = 0; i < events; ++i)
            events::append_event(frame, make_event(0));
        send(frame);
    }

private:
    Fanout fanout_{parse_endpoint(kAnyPort, {}), {}, {.batches = 20'000, .bytes = std::size_t{64} << 20U}};
};

class Hostile : public ::testing::Test {
protected:
    Hostile()
    {
        subscriber_.on_notice([this](const Notice& notice) { notices_.push_back(notice.text); });
        wait_for("the subscriber", [this] { return liar_.subscribers() == 1; });
    }
    std::uint64_t bad_frames() const { return subscriber_.statistics().bad_frames; }

    Liar liar_;
    Subscriber subscriber_{{.sources = {liar_.url()}}};
    std::vector<std::string> notices_;
};

TEST_F(Hostile, CountsAndSkipsBadFrames)
{
    std::string good;
    begin_frame(good, "liar", 1, 0);
    events::append_event(good, make_event(0));
    proto::EventBatch future;
    future.set_schema_version(2);
    future.set_node("liar");
    proto::EventBatch other = future;
    other.set_schema_version(1);
    other.set_node("somebody");
    const std::vector<std::string> bad = {
        "peer-observer/1/",
        "peer-observer/1/liar",
        frame_start("liar"),
        frame_start("") + "x",
        good.substr(0, good.size() - 1),
        good + "\x2A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01",
        frame_start("liar") + future.SerializeAsString(),
        frame_start("liar") + other.SerializeAsString(),
        frame_start("liar") + std::string(100'000, '\xFF'),
    };
    for (const auto& frame : bad)
        liar_.send(frame);
    liar_.send(good);
    const auto batch = next_events(subscriber_);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->publisher_id, 1U);
    EXPECT_EQ(bad_frames(), bad.size());
    EXPECT_EQ(std::ranges::count_if(notices_, [](const auto& text) { return text.starts_with("bad frame"); }), 1);
}

TEST_F(Hostile, IgnoresOtherTopics)
{
    liar_.send("");
    liar_.send("peer-observer/2/liar");
    liar_.send_batch(0);
    EXPECT_TRUE(next_events(subscriber_));
    EXPECT_EQ(bad_frames(), 0U);
}

TEST_F(Hostile, RefusesNumbersThatGoBackwards)
{
    liar_.send_batch(100, 10);
    liar_.send_batch(50, 10);
    liar_.send_batch(60, 1);
    auto batch = next_events(subscriber_);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->first_sequence, 100U);
    batch = next_events(subscriber_);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->first_sequence, 60U);
    EXPECT_EQ(batch->missed, 0U);
    EXPECT_EQ(bad_frames(), 1U);
    EXPECT_THAT(notices_, Contains(HasSubstr("node liar, publisher 0000000000000001 went backwards")));
}

TEST_F(Hostile, CountsGiantGapsAsUnknownLosses)
{
    constexpr auto kHighest = std::numeric_limits<std::uint64_t>::max();
    liar_.send_batch(0, 0);
    liar_.send_batch(kHighest, 0);
    liar_.send_batch(0, 0); // goes backwards
    liar_.send_batch(kHighest, 0);
    liar_.send_batch(kHighest, 1); // overflows
    while (subscriber_.receive(200ms)) {
    }
    EXPECT_EQ(subscriber_.statistics().missed_events, 0U);
    EXPECT_EQ(subscriber_.statistics().unknown_losses, 2U);
    EXPECT_EQ(bad_frames(), 2U);
    EXPECT_THAT(notices_,
                Contains(AllOf(HasSubstr("from source " + liar_.url()), HasSubstr("more than is plausible"))));
}

TEST_F(Hostile, RefusesFrameWithMillionsOfEmptyEvents)
{
    std::string frame;
    begin_frame(frame, "liar", 1, 0);
    while (frame.size() + 2 <= base::kMaxFrameBytes)
        frame.append("\x2A\0", 2);
    liar_.send(frame);
    liar_.send_batch(0);
    ASSERT_TRUE(next_events(subscriber_));
    EXPECT_EQ(bad_frames(), 1U);
    EXPECT_THAT(notices_,
                Contains(AllOf(HasSubstr("bad frame from source " + liar_.url()), HasSubstr("the limit is 65536"))));
}

TEST_F(Hostile, KeepsHonestPublisherAmongManyIds)
{
    for (std::uint64_t id = 1000; id < 11'000; ++id) {
        liar_.send_batch(0, 0, id);
        if (id % 100 == 0) {
            liar_.send_batch(id, 1, 1);
            const auto batch = next_events(subscriber_);
            ASSERT_TRUE(batch);
            ASSERT_EQ(batch->first_sequence, id);
        }
    }
}

TEST_F(Hostile, CountsRandomFramesAsBad)
{
    std::mt19937 random{1};
    constexpr std::uint64_t kFrames = 500;
    for (std::uint64_t i = 0; i < kFrames; ++i) {
        std::string frame = frame_start("liar") + '\xFF'; // no field starts with it and so little behind
        const std::size_t size = random() % 10;
        for (std::size_t k = 0; k < size; ++k)
            frame += static_cast<char>(0x80U | random());
        liar_.send(frame);
    }
    liar_.send_batch(0);
    EXPECT_TRUE(next_events(subscriber_));
    EXPECT_EQ(bad_frames(), kFrames);
}

TEST_F(Hostile, ClosesConnectionOnTooLargeFrameAndReconnects)
{
    liar_.send_batch(0);
    ASSERT_TRUE(next_events(subscriber_));
    std::string frame;
    begin_frame(frame, "liar", 1, 1);
    events::append_event(frame, std::string(base::kMaxFrameBytes, 'x'));
    liar_.send(frame);
    wait_for("the next connection", [this] {
        liar_.send_batch(2);
        const auto batch = subscriber_.receive(10ms);
        return batch && batch->missed == 1;
    });
    EXPECT_EQ(bad_frames(), 1U);
    EXPECT_THAT(notices_, Contains(HasSubstr("source " + liar_.url() + ": frame of ")));
}

TEST(HostilePublisher, IsNotRedialledAtOnceAfterTooLargeFrame)
{
    const auto [listener, port] = listen_raw();
    Subscriber subscriber{{.sources = {"tcp://127.0.0.1:" + std::to_string(port)}}};
    std::vector<std::chrono::steady_clock::time_point> dialled;
    for (int dial = 0; dial < 3; ++dial) {
        const RawSocket accepted{accept(listener.get(), nullptr, nullptr)};
        dialled.push_back(std::chrono::steady_clock::now());
        accepted.write(std::string{"\0SP\0\0\x20\0\0", 8} + std::string{"\0\0\0\0\1\0\0\1", 8});
        wait_for("the count", [&] {
            (void)subscriber.receive(1ms);
            return subscriber.statistics().bad_frames == static_cast<std::uint64_t>(dial) + 1;
        });
    }
    EXPECT_GE(dialled[2] - dialled[0], 2 * 4s);
}

TEST(HostilePublisher, DoesNotTouchStateOfPublisherWithSameId)
{
    Publisher victim{{.url = kAnyPort, .node = "alice"}};
    Liar liar;
    Subscriber subscriber{{.sources = {victim.url(), liar.url()}}};
    wait_for_subscribers(victim, 1);
    wait_for("the subscriber", [&] { return liar.subscribers() == 1; });
    constexpr std::uint64_t kEvents = 100;
    for (std::uint64_t i = 0; i < kEvents; ++i) {
        std::string heartbeat;
        begin_frame(heartbeat, "alice", victim.id(), std::uint64_t{1} << 63U);
        liar.send(heartbeat);
        EXPECT_TRUE(victim.add(make_event(i)));
        victim.flush();
        const auto batch = next_events(subscriber);
        ASSERT_TRUE(batch);
        ASSERT_EQ(batch->first_sequence, i);
        ASSERT_EQ(batch->missed, 0U);
    }
    EXPECT_EQ(subscriber.statistics().missed_events, 0U);
    EXPECT_EQ(subscriber.statistics().bad_frames, 0U);
}

TEST(HostilePublisher, DoesNotSpeakForANodeThatIsBoundToAnotherSource)
{
    Publisher alpha{{.url = kAnyPort, .node = "alpha"}};
    Liar liar;
    Subscriber subscriber{{.sources = {alpha.url() + "=alpha", liar.url()}}};
    std::vector<std::string> notices;
    subscriber.on_notice([&](const Notice& notice) { notices.push_back(notice.text); });
    wait_for_subscribers(alpha, 1);
    wait_for("the subscriber", [&] { return liar.subscribers() == 1; });
    std::string forged;
    begin_frame(forged, "alpha", 7, 0);
    events::append_event(forged, make_event(666));
    liar.send(forged);
    wait_for("the refusal", [&] {
        EXPECT_FALSE(subscriber.receive(10ms));
        return subscriber.statistics().refused_frames == 1;
    });
    EXPECT_THAT(notices, Contains("refused a frame of node alpha from source " + liar.url() + ": it is bound to " +
                                  alpha.url()));
    EXPECT_TRUE(alpha.add(make_event(1)));
    alpha.flush();
    const auto batch = next_events(subscriber);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->publisher_id, alpha.id());
}

class HostileSubscriber : public ::testing::TestWithParam<std::string> {
protected:
    TemporaryFolder folder_;
    Publisher publisher_{{.url = GetParam() == "ipc" ? "ipc://" + folder_ / "events.sock" : kAnyPort,
                          .node = "alice",
                          .heartbeat_interval = 1ms}};

    void expect_that_subscribers_are_served()
    {
        Subscriber subscriber{{.sources = {publisher_.url()}}};
        wait_for("a subscriber", [&] {
            publisher_.flush();
            return subscriber.receive(1ms).has_value();
        });
    }
};

TEST_P(HostileSubscriber, DoesNoHarmByConnectingAndClosing)
{
    for (int i = 0; i < 100; ++i) {
        connect_raw(publisher_.url());
        connect_raw(publisher_.url()).reset_on_close();
        const RawSocket half_closed = connect_raw(publisher_.url());
        shutdown(half_closed.get(), SHUT_WR);
        half_closed.reset_on_close();
    }
    expect_that_subscribers_are_served();
}

TEST_P(HostileSubscriber, DoesNoHarmByGarbage)
{
    std::vector<RawSocket> sockets;
    const std::string sub_greeting{"\0SP\0\0\x21\0\0", 8};
    for (const std::string& bytes :
         {std::string{"GET / HTTP/1.0\r\n\r\n"}, std::string(100'000, '\xFF'), sub_greeting.substr(0, 5),
          std::string{"\0SP\0\0\x20\0\0", 8}, sub_greeting + "more", sub_greeting + std::string(100'000, '\0')}) {
        sockets.push_back(connect_raw(publisher_.url()));
        sockets.back().write(bytes);
    }
    expect_that_subscribers_are_served();
    // Those that went on after their greeting are out too.
    wait_for("the end of the last one", [&] {
        publisher_.flush();
        return publisher_.statistics().subscribers == 0;
    });
}

TEST_P(HostileSubscriber, DoesNoHarmBySilence)
{
    std::vector<RawSocket> silent;
    for (int i = 0; i < 100; ++i)
        silent.push_back(connect_raw(publisher_.url()));
    EXPECT_EQ(publisher_.statistics().subscribers, 0U);
    expect_that_subscribers_are_served();
}

TEST_P(HostileSubscriber, BlocksOthersOnlyUntilItLeaves)
{
    {
        std::vector<RawSocket> many;
        for (int i = 0; i < 600; ++i)
            many.push_back(connect_raw(publisher_.url()));
    }
    expect_that_subscribers_are_served();
}

/// More than there are places for subscribers and strangers together, all the time.
TEST_P(HostileSubscriber, DoesNotShutOutOthersByManySilentConnections)
{
    std::jthread strangers{[url = publisher_.url()](const std::stop_token& stop) { besiege(url, stop); }};
    wait_for("strangers that were closed for others",
             [&] { return publisher_.statistics().refused_connections > 600; });
    for (int i = 0; i < 3; ++i)
        expect_that_subscribers_are_served();
    EXPECT_EQ(publisher_.statistics().dropped_batches, 0U);
}

INSTANTIATE_TEST_SUITE_P(Transports, HostileSubscriber, ::testing::Values("tcp", "ipc"),
                         [](const auto& transport) { return transport.param; });

/// Ends each connection at once, each time at another moment of its handshake.
TEST(HostilePublisher, IsRedialledAfterClosingAtWrongMoment)
{
    const TemporaryFolder folder;
    const std::string ipc_url = "ipc://" + folder / "events.sock";
    const auto [tcp, port] = listen_raw();
    const RawSocket ipc = listen_raw(folder / "events.sock");
    const Subscriber subscriber{{.sources = {"tcp://127.0.0.1:" + std::to_string(port), ipc_url}}};
    for (const RawSocket* listener : {&tcp, &ipc}) {
        for (int dial = 0; dial < 8; ++dial) {
            const RawSocket accepted{accept(listener->get(), nullptr, nullptr)};
            if (dial % 2 == 1) {
                shutdown(accepted.get(), SHUT_WR);
                accepted.reset_on_close();
            }
            if (dial >= 4) accepted.write(std::string{"\0SP\0\0\x20\0\0\0\0", 10}); // a greeting, a part of a head
            if (dial >= 6) accepted.write(std::string{"HTTP/1.1 400 Bad Request"});
        }
    }
    EXPECT_EQ(subscriber.statistics().connected_sources, 0U);
}

TEST(HostilePublisher, IsRedialledIfItSaysNothing)
{
    const auto [listener, port] = listen_raw();
    const Subscriber subscriber{{.sources = {"tcp://127.0.0.1:" + std::to_string(port)}}};
    const RawSocket silent{accept(listener.get(), nullptr, nullptr)};
    const RawSocket next{accept(listener.get(), nullptr, nullptr)};
    EXPECT_EQ(subscriber.statistics().connected_sources, 0U);
}

} // namespace
} // namespace peer_observer::bus
