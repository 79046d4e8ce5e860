#include "libs/bus/fanout.h"
#include "libs/bus/frame.h"
#include "libs/bus/option_error.h"
#include "libs/bus/testing/bus.h"

#include <gmock/gmock.h>

#include <map>
#include <memory>

namespace peer_observer::bus {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::HasSubstr;

void publish(Publisher& publisher, std::uint64_t count)
{
    for (std::uint64_t i = 0; i < count; ++i)
        EXPECT_TRUE(publisher.add(make_event(i)));
    publisher.flush();
}

TEST(Subscriber, StartsBeforeThePublisher)
{
    const TemporaryFolder folder;
    const std::string url = "ipc://" + folder / "events.sock";
    Subscriber subscriber{{.sources = {url}}};
    EXPECT_FALSE(subscriber.receive(1ms));
    EXPECT_EQ(subscriber.statistics().configured_sources, 1U);
    EXPECT_EQ(subscriber.statistics().connected_sources, 0U);
    Publisher publisher{{.url = url, .node = "alice"}};
    wait_for_subscribers(publisher, 1);
    publish(publisher, 1);
    EXPECT_TRUE(next_events(subscriber));
    EXPECT_EQ(subscriber.statistics().connected_sources, 1U);
}

TEST(Subscriber, MissesNothingAfterItConnected)
{
    Publisher publisher{{.url = kAnyPort, .node = "alice"}};
    publish(publisher, 1000);
    Subscriber subscriber{{.sources = {publisher.url()}}};
    wait_for_subscribers(publisher, 1);
    publish(publisher, 1);
    const auto batch = next_events(subscriber);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->first_sequence, 1000U);
    EXPECT_EQ(batch->missed, 0U);
}

TEST(Subscriber, TakesARestartedPublisherForANewOne)
{
    const TemporaryFolder folder;
    const std::string url = "ipc://" + folder / "events.sock";
    auto publisher = std::make_unique<Publisher>(PublisherOptions{.url = url, .node = "alice"});
    Subscriber subscriber{{.sources = {url}}};
    std::vector<std::string> notices;
    std::vector<std::string> warnings;
    subscriber.on_notice(
        [&](const Notice& notice) { (notice.is_warning ? warnings : notices).push_back(notice.text); });
    wait_for_subscribers(*publisher, 1);
    publish(*publisher, 10);
    const auto before = next_events(subscriber);
    ASSERT_TRUE(before);
    const std::uint64_t first_id = before->publisher_id;

    publisher.reset();
    wait_for("the loss", [&] {
        subscriber.receive(10ms);
        return !warnings.empty();
    });
    publisher = std::make_unique<Publisher>(PublisherOptions{.url = url, .node = "alice"});
    wait_for_subscribers(*publisher, 1);
    publish(*publisher, 10);
    const auto after = next_events(subscriber);
    ASSERT_TRUE(after);
    EXPECT_NE(after->publisher_id, first_id);
    EXPECT_EQ(after->first_sequence, 0U);
    EXPECT_EQ(after->missed, 0U);
    EXPECT_EQ(subscriber.statistics().missed_events, 0U);
    EXPECT_EQ(subscriber.statistics().bad_frames, 0U);
    EXPECT_THAT(notices, Contains("source " + url + " connected"));
    EXPECT_THAT(warnings, ::testing::ElementsAre("source " + url + " lost, retrying"));
}

/// What is left of a publisher that is killed: it ends silently.
class KilledPublisher {
public:
    explicit KilledPublisher(const std::string& url)
        : fanout_{parse_endpoint(url, {}), {}, {.batches = 10, .bytes = base::kBatchBytes}}
    {}

    void send(std::uint64_t first_sequence)
    {
        std::string frame;
        begin_frame(frame, "alice", kId, first_sequence);
        events::append_event(frame, make_event(first_sequence));
        fanout_.send(frame, 1);
    }
    std::uint64_t subscribers() const { return fanout_.subscribers(); }

    static constexpr std::uint64_t kId = 42;

private:
    Fanout fanout_;
};

TEST(Subscriber, ReportsAnUnknownLossWhereAPublisherWasKilled)
{
    const TemporaryFolder folder;
    const std::string url = "ipc://" + folder / "events.sock";
    Subscriber subscriber{{.sources = {url}}};
    std::vector<std::string> warnings;
    subscriber.on_notice([&](const Notice& notice) {
        if (notice.is_warning) warnings.push_back(notice.text);
    });
    {
        KilledPublisher killed{url};
        wait_for("the subscriber", [&] { return killed.subscribers() == 1; });
        killed.send(7);
        const auto batch = next_events(subscriber);
        ASSERT_TRUE(batch);
        EXPECT_FALSE(batch->unknown_loss) << "the first that it hears follows nobody";
    }
    Publisher publisher{{.url = url, .node = "alice"}};
    wait_for_subscribers(publisher, 1);
    publish(publisher, 1);
    const auto after = next_events(subscriber);
    ASSERT_TRUE(after);
    ASSERT_TRUE(after->unknown_loss);
    EXPECT_EQ(after->unknown_loss->publisher_id, KilledPublisher::kId);
    EXPECT_EQ(after->unknown_loss->next_sequence, 8U);
    EXPECT_EQ(after->missed, 0U);
    EXPECT_EQ(subscriber.statistics().unknown_losses, 1U);
    EXPECT_EQ(subscriber.statistics().missed_events, 0U);
    EXPECT_THAT(warnings, Contains(::testing::AllOf(HasSubstr("an unknown number of events is lost: node alice"),
                                                    HasSubstr("from source " + url))));
}

TEST(Subscriber, KnowsWhatALatePublisherSentWhileItWasAway)
{
    const TemporaryFolder folder;
    const std::string url = "ipc://" + folder / "events.sock";
    auto publisher = std::make_unique<Publisher>(PublisherOptions{.url = url, .node = "alice"});
    Subscriber subscriber{{.sources = {url}}};
    wait_for_subscribers(*publisher, 1);
    publish(*publisher, 1);
    ASSERT_TRUE(next_events(subscriber));
    publisher = nullptr;
    publisher = std::make_unique<Publisher>(PublisherOptions{.url = url, .node = "alice"});
    publish(*publisher, 5); // nobody is there yet, or somebody: whatever is not received is missed
    wait_for_subscribers(*publisher, 1);
    publish(*publisher, 1);
    std::uint64_t received_and_missed = 0;
    while (received_and_missed < 6) {
        const auto batch = next_events(subscriber);
        ASSERT_TRUE(batch);
        EXPECT_FALSE(batch->unknown_loss);
        received_and_missed += batch->event_count + batch->missed;
    }
    EXPECT_EQ(received_and_missed, 6U);
}

TEST(Subscriber, SaysThatAPublisherIsGivenTwice)
{
    Publisher publisher{{.url = kAnyPort, .node = "alice"}};
    const std::string other = "tcp://localhost" + publisher.url().substr(publisher.url().rfind(':'));
    Subscriber subscriber{{.sources = {publisher.url(), other}}};
    std::vector<std::string> notices;
    subscriber.on_notice([&](const Notice& notice) { notices.push_back(notice.text); });
    wait_for_subscribers(publisher, 2);
    publish(publisher, 1);
    ASSERT_TRUE(next_events(subscriber));
    ASSERT_TRUE(next_events(subscriber));
    EXPECT_THAT(notices,
                Contains(::testing::AllOf(HasSubstr(publisher.url()), HasSubstr(other), HasSubstr("given twice"))));
}

TEST(Subscriber, SaysThatAHostNameDoesNotResolve)
{
    const std::string url = "tcp://" + std::string(64, 'x') + ".example:9331"; // fails before a server is asked
    Subscriber subscriber{{.sources = {url}}};
    std::vector<std::string> notices;
    subscriber.on_notice([&](const Notice& notice) { notices.push_back(notice.text); });
    wait_for("the reason", [&] {
        (void)subscriber.receive(10ms);
        return !notices.empty();
    });
    EXPECT_EQ(notices[0], "cannot connect to source " + url + " (the host name does not resolve), retrying");
}

TEST(Subscriber, ReceivesFromManyPublishersInTheOrderOfEach)
{
    constexpr std::uint64_t kEvents = 20'000;
    std::vector<std::unique_ptr<Publisher>> publishers;
    std::vector<std::string> urls;
    for (const std::string node : {"a", "b", "c"}) {
        publishers.push_back(std::make_unique<Publisher>(PublisherOptions{.url = kAnyPort, .node = node}));
        urls.push_back(publishers.back()->url());
    }
    Subscriber subscriber{{.sources = urls}};
    for (const auto& publisher : publishers)
        wait_for_subscribers(*publisher, 1);
    std::vector<std::jthread> senders;
    for (const auto& publisher : publishers)
        senders.emplace_back([&] { publish(*publisher, kEvents); });
    std::map<std::string, std::uint64_t> next;
    while (subscriber.statistics().events < 3 * kEvents) {
        const auto batch = next_events(subscriber);
        ASSERT_TRUE(batch);
        auto& expected = next[std::string{batch->node}];
        ASSERT_EQ(batch->first_sequence, expected);
        expected += batch->event_count;
    }
    EXPECT_EQ(subscriber.statistics().missed_events, 0U);
    EXPECT_EQ(subscriber.statistics().connected_sources, 3U);
}

TEST(Subscriber, ReceivesOnlyTheNodesThatItAskedFor)
{
    Publisher a{{.url = kAnyPort, .node = "a"}};
    Publisher ab{{.url = kAnyPort, .node = "ab"}};
    Publisher c{{.url = kAnyPort, .node = "c"}};
    Subscriber subscriber{{.sources = {a.url(), ab.url(), c.url()}, .nodes = {"a", "c"}}};
    for (auto* publisher : {&a, &ab, &c})
        wait_for_subscribers(*publisher, 1);
    for (auto* publisher : {&ab, &a, &c})
        publish(*publisher, 1);
    std::map<std::string, int> batches;
    while (batches["a"] < 1 || batches["c"] < 1) {
        const auto batch = next_events(subscriber);
        ASSERT_TRUE(batch);
        ++batches[std::string{batch->node}];
    }
    // Another batch of each, so that one of "ab" would have come by now.
    for (auto* publisher : {&ab, &a, &c})
        publish(*publisher, 1);
    while (batches["a"] < 2 || batches["c"] < 2) {
        const auto batch = next_events(subscriber);
        ASSERT_TRUE(batch);
        ++batches[std::string{batch->node}];
    }
    EXPECT_EQ(batches.count("ab"), 0U);
    EXPECT_EQ(subscriber.statistics().bad_frames, 0U);
}

TEST(Subscriber, ReturnsAtOnceWithZeroTimeout)
{
    Subscriber subscriber{{.sources = {"ipc:///nonexistent/events.sock"}}};
    EXPECT_FALSE(subscriber.receive(0ms));
    EXPECT_FALSE(subscriber.receive(-1ms));
}

TEST(Subscriber, WaitsWithoutTimeout)
{
    Publisher publisher{{.url = kAnyPort, .node = "alice"}};
    Subscriber subscriber{{.sources = {publisher.url()}}};
    wait_for_subscribers(publisher, 1);
    std::jthread sender{[&] { publish(publisher, 1); }};
    EXPECT_TRUE(subscriber.receive(std::chrono::milliseconds::max()));
}

TEST(Subscriber, SaysWhyItCannotStart)
{
    const auto error = [](const SubscriberOptions& options) -> std::string {
        try {
            const Subscriber subscriber{options};
        } catch (const OptionError& thrown) {
            return thrown.what();
        }
        return "none";
    };
    EXPECT_THAT(error({}), HasSubstr("no source"));
    EXPECT_THAT(error({.sources = {"tcp://127.0.0.1:1", "tcp://127.0.0.1:1"}}), HasSubstr("given twice"));
    EXPECT_THAT(error({.sources = {kAnyPort}}), HasSubstr("port 0"));
    EXPECT_THAT(error({.sources = {"tcp://127.0.0.1:1"}, .nodes = {"a b"}}), HasSubstr("bad node name \"a b\""));
    EXPECT_THAT(error({.sources = {"tcp://127.0.0.1:1"}, .queue_batches = 0}), HasSubstr("room for a batch"));
    for (const std::string bad :
         {"", "127.0.0.1:1", "http://127.0.0.1:1", "tcp://", "tcp://localhost", "tcp://:1",
          "tcp://localhost:", "tcp://localhost:x", "tcp://localhost:65536", "tcp://localhost:-1", "tcp://::1:1",
          "tcp://localhost:1/path", "ipc://", "TCP://localhost:1"}) {
        EXPECT_THAT(error({.sources = {bad}}), HasSubstr("bad URL \"" + bad + "\"")) << bad;
    }
    EXPECT_THAT(error({.sources = {"ipc://" + std::string(108, 'x')}}), HasSubstr("at most 107 bytes"));
}

} // namespace
} // namespace peer_observer::bus
