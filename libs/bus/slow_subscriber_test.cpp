// Subscribers that do not keep up.
#include "libs/bus/testing/bus.h"
#include "libs/bus/testing/raw_socket.h"

#include <gmock/gmock.h>
#include <poll.h>

#include <atomic>
#include <fstream>

namespace peer_observer::bus {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::size_t kMiB = std::size_t{1} << 20U;

/// Stands between a publisher and one subscriber, and holds everything up while it is told to: to the publisher that is
/// a subscriber whose process is stopped.
class Valve {
public:
    explicit Valve(int publisher_port) : publisher_port_{publisher_port} {}
    std::string url() const { return "tcp://127.0.0.1:" + std::to_string(listener_.second); }
    void open(bool open) { open_ = open; }

private:
    void run(const std::stop_token& stop)
    {
        pollfd waiting{.fd = listener_.first.get(), .events = POLLIN, .revents = 0};
        while (poll(&waiting, 1, 10) == 0) {
            if (stop.stop_requested()) return;
        }
        const RawSocket subscriber{accept(listener_.first.get(), nullptr, nullptr)};
        const RawSocket publisher = connect_raw("tcp://127.0.0.1:" + std::to_string(publisher_port_));
        while (!stop.stop_requested()) {
            pollfd ends[] = {{.fd = open_ ? publisher.get() : -1, .events = POLLIN, .revents = 0},
                             {.fd = subscriber.get(), .events = POLLIN, .revents = 0}};
            poll(ends, 2, 10);
            if (ends[0].revents != 0 && !pass(publisher, subscriber)) return;
            if (ends[1].revents != 0 && !pass(subscriber, publisher)) return;
        }
    }
    static bool pass(const RawSocket& from, const RawSocket& to)
    {
        char buffer[65536];
        const auto bytes = recv(from.get(), buffer, sizeof buffer, 0);
        if (bytes <= 0) return false;
        to.write({buffer, static_cast<std::size_t>(bytes)});
        return true;
    }

    int publisher_port_;
    std::pair<RawSocket, int> listener_ = listen_raw();
    std::atomic<bool> open_ = true;
    std::jthread thread_{[this](const std::stop_token& stop) { run(stop); }};
};

std::size_t resident_bytes()
{
    std::ifstream file{"/proc/self/statm"};
    std::size_t total = 0;
    std::size_t resident = 0;
    file >> total >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

/// Sanitizers keep freed memory for a while.
constexpr std::size_t kSlack = 400 * kMiB;

TEST(SlowSubscriber, CostsBoundedMemoryKnowsWhatItMissedAndDisturbsNobody)
{
    constexpr std::size_t kQueueBytes = 64 * kMiB;
    constexpr std::uint64_t kEvents = 2000;
    Publisher publisher{{.url = kAnyPort, .node = "alice", .queue_bytes = kQueueBytes}};
    Valve valve{port_of(publisher.url())};
    Subscriber fast{{.sources = {publisher.url()}}};
    Subscriber slow{{.sources = {valve.url()}}};
    wait_for_subscribers(publisher, 2);
    EXPECT_TRUE(publisher.add(make_event(0)));
    publisher.flush();
    ASSERT_TRUE(next_events(fast));
    ASSERT_TRUE(next_events(slow));

    valve.open(false);
    const std::size_t before = resident_bytes();
    const std::string event = make_event(1, kMiB);
    for (std::uint64_t sent = 1; sent < kEvents; ++sent) {
        EXPECT_TRUE(publisher.add(event));
        // The fast one keeps up; the slow one would have to hold 2 GB by the end.
        while (fast.statistics().events < publisher.next_sequence())
            ASSERT_TRUE(next_events(fast));
    }
    EXPECT_LT(resident_bytes(), before + kQueueBytes + kSlack);

    valve.open(true);
    wait_for("the slow one", [&] {
        publisher.flush();
        slow.receive(10ms);
        return slow.statistics().events + slow.statistics().missed_events == kEvents;
    });
    // What it had not taken when it was stopped: no more than the queue and what operating system and Valve hold.
    EXPECT_GT(slow.statistics().missed_events, kEvents / 2);
    EXPECT_GT(slow.statistics().events, kQueueBytes / event.size() - 2);
    EXPECT_EQ(slow.statistics().bad_frames, 0U);
    EXPECT_EQ(fast.statistics().events, kEvents);
    EXPECT_EQ(fast.statistics().missed_events, 0U);
}

TEST(SlowSubscriber, QueuesAsManyBatchesAsTheLimit)
{
    constexpr int kPlaces = 10;
    Publisher publisher{{.url = kAnyPort, .node = "alice", .queue_batches = kPlaces}};
    Valve valve{port_of(publisher.url())};
    Subscriber slow{{.sources = {valve.url()}}};
    wait_for_subscribers(publisher, 1);
    EXPECT_TRUE(publisher.add(make_event(0)));
    publisher.flush();
    ASSERT_TRUE(next_events(slow));
    valve.open(false);
    constexpr std::uint64_t kEvents = 100;
    for (std::uint64_t i = 1; i < kEvents; ++i)
        EXPECT_TRUE(publisher.add(make_event(i, kMiB)));
    valve.open(true);
    std::uint64_t last = 0;
    while (last + 1 < kEvents) {
        const auto batch = next_events(slow);
        ASSERT_TRUE(batch);
        last = batch->first_sequence;
    }
    EXPECT_EQ(slow.statistics().events + slow.statistics().missed_events, kEvents);
    EXPECT_GE(slow.statistics().events, static_cast<std::uint64_t>(kPlaces));
    EXPECT_GT(slow.statistics().missed_events, 0U);
}

TEST(SlowSubscriber, CostsBoundedMemoryAndCountsFromItsFirstBatch)
{
    constexpr std::size_t kQueueBytes = 64 * kMiB;
    constexpr std::uint64_t kEvents = 1000;
    Publisher publisher{{.url = kAnyPort, .node = "alice", .queue_bytes = kQueueBytes}};
    Subscriber subscriber{{.sources = {publisher.url()}, .queue_bytes = kQueueBytes}};
    Subscriber fast{{.sources = {publisher.url()}}};
    wait_for_subscribers(publisher, 2);
    EXPECT_TRUE(publisher.add(make_event(0)));
    publisher.flush();
    const std::size_t before = resident_bytes();
    const std::string event = make_event(1, kMiB);
    ASSERT_TRUE(next_events(fast));
    for (std::uint64_t sent = 1; sent < kEvents; ++sent) {
        EXPECT_TRUE(publisher.add(event));
        while (fast.statistics().events < publisher.next_sequence())
            ASSERT_TRUE(next_events(fast));
    }
    EXPECT_LT(resident_bytes(), before + 2 * kQueueBytes + kSlack);
    wait_for("what is there", [&] {
        publisher.flush();
        subscriber.receive(10ms);
        return subscriber.statistics().events + subscriber.statistics().missed_events >= kEvents;
    });
    EXPECT_EQ(subscriber.statistics().events + subscriber.statistics().missed_events, kEvents);
    EXPECT_GT(subscriber.statistics().missed_events, 0U);
    EXPECT_EQ(subscriber.statistics().bad_frames, 0U);
}

TEST(SlowSubscriber, DoesNotHoldUpItsPublishersEndForLong)
{
    auto publisher = std::make_unique<Publisher>(PublisherOptions{.url = kAnyPort, .node = "alice"});
    Valve valve{port_of(publisher->url())};
    Subscriber slow{{.sources = {valve.url()}}};
    wait_for_subscribers(*publisher, 1);
    valve.open(false);
    for (std::uint64_t i = 0; i < 100; ++i)
        EXPECT_TRUE(publisher->add(make_event(i, kMiB)));
    publisher.reset(); // this test ends
    EXPECT_EQ(slow.statistics().events, 0U);
}

TEST(SlowSubscriber, IsDisconnectedAndCountedIfItTakesNothing)
{
    Publisher publisher{{.url = kAnyPort, .node = "alice", .queue_batches = 2, .longest_stall = 100ms}};
    std::vector<std::string> notices;
    publisher.on_notice([&](const Notice& notice) { notices.push_back(notice.text); });
    Valve valve{port_of(publisher.url())};
    Subscriber slow{{.sources = {valve.url()}}};
    Subscriber quiet{{.sources = {publisher.url()}}};
    wait_for_subscribers(publisher, 2);
    valve.open(false);
    std::uint64_t fast = 0;
    wait_for("the disconnection", [&] {
        EXPECT_TRUE(publisher.add(make_event(0, kMiB)));
        publisher.flush();
        while (quiet.receive(10ms))
            ++fast;
        return publisher.statistics().subscribers == 1;
    });
    const auto statistics = publisher.statistics();
    EXPECT_EQ(statistics.disconnected_took_nothing, 1U);
    EXPECT_EQ(statistics.disconnected_memory, 0U);
    EXPECT_GT(statistics.dropped_batches, 0U);
    EXPECT_EQ(statistics.dropped_events, statistics.dropped_batches);
    publisher.flush();
    publisher.flush();
    EXPECT_THAT(notices, Contains(AllOf(StartsWith("dropped "), HasSubstr("most recently for 127.0.0.1:"))));
    EXPECT_THAT(notices, Contains(AllOf(StartsWith("disconnected subscriber 127.0.0.1:"), HasSubstr("took nothing"))));
    EXPECT_EQ(quiet.statistics().missed_events, 0U);
}

/// Says that it is a subscriber, and takes nothing.
RawSocket connect_deaf(const Publisher& publisher)
{
    auto deaf = connect_raw(publisher.url());
    deaf.write(std::string{"\0SP\0\0\x21\0\0", 8});
    return deaf;
}

TEST(SlowSubscriber, CostsBoundedMemoryAtDifferentBatches)
{
    constexpr std::size_t kQueueBytes = 32 * kMiB;
    Publisher publisher{{.url = kAnyPort, .node = "alice", .queue_bytes = kQueueBytes}};
    const std::size_t before = resident_bytes();
    const std::string event = make_event(1, 13 * kMiB);
    std::vector<RawSocket> deaf;
    std::size_t most = 0;
    for (std::uint64_t i = 0; i < 100; ++i) {
        deaf.push_back(connect_deaf(publisher));
        wait_for("the subscriber", [&] {
            return publisher.statistics().subscribers + publisher.statistics().disconnected_memory == i + 1;
        });
        EXPECT_TRUE(publisher.add(event));
        publisher.flush();
        most = std::max(most, resident_bytes());
    }
    EXPECT_LT(most, before + kQueueBytes + 64 * kMiB + kSlack); // 1.3 GB before there was a limit
    EXPECT_GT(publisher.statistics().disconnected_memory, 50U);
    EXPECT_EQ(publisher.statistics().disconnected_took_nothing, 0U);
}

} // namespace
} // namespace peer_observer::bus
