#include "libs/bus/frame.h"
#include "libs/bus/testing/bus.h"
#include "libs/bus/testing/raw_socket.h"

#include <gmock/gmock.h>

#include <fstream>

namespace peer_observer::bus {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Publisher, GathersEventsIntoFullBatches)
{
    Publisher publisher{{.url = kAnyPort, .node = "alice"}};
    Subscriber subscriber{{.sources = {publisher.url()}}};
    wait_for_subscribers(publisher, 1);
    constexpr std::uint64_t kEvents = 10'000;
    for (std::uint64_t i = 0; i < kEvents; ++i)
        EXPECT_TRUE(publisher.add(make_event(i, 100)));
    publisher.flush();
    const std::size_t event_bytes = make_event(0, 100).size();
    std::uint64_t events = 0;
    while (events < kEvents) {
        const auto batch = next_events(subscriber);
        ASSERT_TRUE(batch);
        events += batch->event_count;
        EXPECT_LT(batch->bytes.size(), base::kBatchBytes + 2 * event_bytes);
        const bool is_last = events == kEvents;
        EXPECT_TRUE(is_last || batch->bytes.size() + frame_start("alice").size() >= base::kBatchBytes);
    }
    EXPECT_EQ(events, kEvents);
}

TEST(Publisher, SendsALoneEventOnFlush)
{
    Publisher publisher{{.url = kAnyPort, .node = "alice"}};
    Subscriber subscriber{{.sources = {publisher.url()}}};
    wait_for_subscribers(publisher, 1);
    EXPECT_TRUE(publisher.add(make_event(7)));
    EXPECT_EQ(publisher.statistics().batches, 0U);
    publisher.flush();
    publisher.flush();
    EXPECT_EQ(publisher.statistics().batches, 1U);
    const auto batch = next_events(subscriber);
    ASSERT_TRUE(batch);
    EXPECT_EQ(parse(*batch).events(0).timestamp_ns(), 7U);
}

TEST(Publisher, DeliversWhatWaitsBeforeItEnds)
{
    for (const std::string transport : {"tcp", "ipc"}) {
        const TemporaryFolder folder;
        const std::string url = transport == "ipc" ? "ipc://" + folder / "events.sock" : kAnyPort;
        auto publisher = std::make_unique<Publisher>(PublisherOptions{.url = url, .node = "alice"});
        Subscriber subscriber{{.sources = {publisher->url()}}};
        wait_for_subscribers(*publisher, 1);
        constexpr std::uint64_t kEvents = 1000;
        for (std::uint64_t i = 0; i < kEvents; ++i)
            EXPECT_TRUE(publisher->add(make_event(i, 50'000)));
        publisher.reset();
        while (subscriber.statistics().events < kEvents)
            ASSERT_TRUE(next_events(subscriber)) << transport;
        EXPECT_EQ(subscriber.statistics().missed_events, 0U);
    }
}

TEST(Publisher, ShowsByAHeartbeatWhatWasMissed)
{
    Publisher publisher{{.url = kAnyPort, .node = "alice", .heartbeat_interval = 0ns}};
    Subscriber subscriber{{.sources = {publisher.url()}}};
    wait_for_subscribers(publisher, 1);
    EXPECT_TRUE(publisher.add(make_event(0)));
    publisher.flush();
    auto batch = subscriber.receive(kDeadline);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->event_count, 1U);
    batch = subscriber.receive(kDeadline);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->event_count, 0U);
    EXPECT_EQ(batch->first_sequence, 1U);
    EXPECT_EQ(batch->missed, 0U);
    EXPECT_EQ(publisher.next_sequence(), 1U);
}

TEST(Publisher, SendsHeartbeatsOnlyWhileItIsSilent)
{
    Publisher busy{{.url = kAnyPort, .node = "alice", .heartbeat_interval = 1h}};
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(busy.add(make_event(0)));
        busy.flush();
        busy.flush();
    }
    EXPECT_EQ(busy.statistics().batches, 100U);

    Publisher silent{{.url = kAnyPort, .node = "alice", .heartbeat_interval = 1ms}};
    wait_for("heartbeats", [&] {
        silent.flush();
        return silent.statistics().batches == 3;
    });
    EXPECT_EQ(silent.statistics().events, 0U);
}

TEST(Publisher, SendsHeartbeatsOfWhatItForwardsUntilItsLastBatch)
{
    Publisher publisher{{.url = kAnyPort, .heartbeat_interval = 0ns}};
    Subscriber subscriber{{.sources = {publisher.url()}}};
    wait_for_subscribers(publisher, 1);
    std::string first;
    events::begin_batch(first, "bob", 9, 100);
    events::append_event(first, make_event(0));
    publisher.forward(first);
    ASSERT_TRUE(next_events(subscriber));
    std::optional<Batch> heartbeat;
    wait_for("a heartbeat", [&] {
        publisher.flush();
        return (heartbeat = subscriber.receive(1ms)).has_value();
    });
    EXPECT_EQ(heartbeat->node, "bob");
    EXPECT_EQ(heartbeat->publisher_id, 9U);
    EXPECT_EQ(heartbeat->first_sequence, 101U);
    EXPECT_EQ(heartbeat->event_count, 0U);

    std::string last;
    events::begin_batch(last, "bob", 9, 101);
    events::mark_last(last);
    publisher.forward(last);
    const auto batches = publisher.statistics().batches;
    publisher.flush();
    EXPECT_EQ(publisher.statistics().batches, batches);
    EXPECT_THROW((void)publisher.add(make_event(0)), std::logic_error);
}

TEST(Publisher, RefusesAnEventThatNoFrameHasRoomForAndCountsIt)
{
    Publisher publisher{{.url = kAnyPort, .node = "alice"}};
    EXPECT_FALSE(publisher.add(std::string(base::kMaxEventBytes + 1, 'x')));
    EXPECT_EQ(publisher.next_sequence(), 0U);
    EXPECT_EQ(publisher.statistics().too_large_events, 1U);
    EXPECT_TRUE(publisher.add(std::string(base::kMaxEventBytes, 'x')));
    EXPECT_EQ(publisher.statistics().too_large_events, 1U);
}

TEST(Publisher, TakesAnEventThatIsWrittenIntoItsFrame)
{
    Publisher publisher{{.url = kAnyPort, .node = "alice"}};
    Subscriber subscriber{{.sources = {publisher.url()}}};
    wait_for_subscribers(publisher, 1);
    const auto write = [](const std::string& bytes) { return [&bytes](std::string& out) { out += bytes; }; };
    const std::string too_large(base::kMaxEventBytes + 1, 'x');
    EXPECT_FALSE(publisher.add(write(too_large))) << "first in its frame";
    EXPECT_TRUE(publisher.add(write(make_event(1))));
    EXPECT_FALSE(publisher.add(write(too_large), too_large.size()));
    EXPECT_THROW((void)publisher.add([](std::string& out) {
        out += "half";
        throw std::runtime_error{"cannot write"};
    }),
                 std::runtime_error);
    EXPECT_TRUE(publisher.add(make_event(2)));
    EXPECT_TRUE(publisher.add(write(make_event(3, 1000)), 1000));
    publisher.flush();
    const auto batch = next_events(subscriber);
    ASSERT_TRUE(batch);
    const auto events = parse(*batch).events();
    ASSERT_EQ(events.size(), 3);
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(events[i].timestamp_ns(), static_cast<std::uint64_t>(i) + 1);
    EXPECT_EQ(publisher.next_sequence(), 3U);
    EXPECT_EQ(publisher.statistics().too_large_events, 2U);
}

TEST(Publisher, SendsLargestEventWithinSubscriberLimit)
{
    Publisher publisher{{.url = kAnyPort, .node = "alice"}};
    Subscriber subscriber{{.sources = {publisher.url()}}};
    wait_for_subscribers(publisher, 1);
    while (publisher.next_sequence() < 60)
        EXPECT_TRUE(publisher.add(make_event(0, 1000))); // not yet a batch
    EXPECT_TRUE(publisher.add(std::string(base::kMaxEventBytes, 'x')));
    const auto batch = next_events(subscriber);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->event_count, 61U);
}

TEST(Publisher, TellsThePortThatItGot)
{
    const Publisher publisher{{.url = kAnyPort, .node = "alice"}};
    EXPECT_THAT(publisher.url(), ::testing::MatchesRegex("tcp://127.0.0.1:[1-9][0-9]*"));
}

TEST(Publisher, TakesOverTheSocketFileOfAPublisherThatWasKilled)
{
    const TemporaryFolder folder;
    const std::string url = "ipc://" + folder / "events.sock";
    listen_raw(folder / "events.sock"); // and closed again at once, which leaves the file
    ASSERT_TRUE(std::filesystem::is_socket(folder / "events.sock"));

    Publisher publisher{{.url = url, .node = "alice"}};
    Subscriber subscriber{{.sources = {url}}};
    wait_for_subscribers(publisher, 1);
    EXPECT_TRUE(publisher.add(make_event(0)));
    publisher.flush();
    EXPECT_TRUE(next_events(subscriber));
}

TEST(Publisher, DoesNotTakeOverTheSocketFileOfALivePublisher)
{
    const TemporaryFolder folder;
    const std::string url = "ipc://" + folder / "events.sock";
    Publisher first{{.url = url, .node = "alice"}};
    EXPECT_THAT(([&] { Publisher{{.url = url, .node = "bob"}}; }),
                ThrowsMessage<std::runtime_error>(HasSubstr(url + ": Address in use")));
    Subscriber subscriber{{.sources = {url}}};
    wait_for_subscribers(first, 1);
}

TEST(Publisher, DoesNotDeleteAFileThatIsNoSocket)
{
    const TemporaryFolder folder;
    const std::string path = folder / "precious";
    std::ofstream{path} << "text";
    EXPECT_THAT(([&] { Publisher{{.url = "ipc://" + path, .node = "alice"}}; }),
                ThrowsMessage<std::runtime_error>(HasSubstr("there is a file that is not a socket")));
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(Publisher, SaysWhyItCannotStart)
{
    const auto error = [](PublisherOptions options) -> std::string {
        try {
            const Publisher publisher{options};
        } catch (const std::runtime_error& thrown) {
            return thrown.what();
        }
        return "none";
    };
    const Publisher other{{.url = kAnyPort, .node = "alice"}};
    EXPECT_EQ(error({.url = other.url(), .node = "alice"}), "cannot listen on " + other.url() + ": Address in use");
    EXPECT_THAT(error({.url = kAnyPort, .node = "a/b"}), HasSubstr("bad node name \"a/b\""));
    EXPECT_THAT(error({.url = kAnyPort, .node = ""}), HasSubstr("bad node name"));
    EXPECT_THAT(error({.url = kAnyPort, .node = std::string(65, 'a')}), HasSubstr("bad node name"));
    EXPECT_THAT(error({.url = kAnyPort, .node = "a", .queue_batches = 0}), HasSubstr("room for a batch"));
    EXPECT_THAT(error({.url = "inproc://x", .node = "a"}), HasSubstr("tcp://, ipc:// or tls+tcp://"));
    EXPECT_THAT(error({.url = "tls+tcp://127.0.0.1:0", .node = "a"}), HasSubstr("needs a CA file"));
    EXPECT_THAT(error({.url = kAnyPort, .node = "a", .tls = TlsFiles{}}), HasSubstr("does not use them"));
}

} // namespace
} // namespace peer_observer::bus
