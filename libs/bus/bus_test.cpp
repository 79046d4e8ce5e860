#include "libs/bus/frame.h"
#include "libs/bus/testing/bus.h"

namespace peer_observer::bus {
namespace {

using namespace testing;

class Bus : public ::testing::TestWithParam<std::string> {
protected:
    TemporaryFolder folder_;
    std::string url_ = GetParam() == "ipc" ? "ipc://" + folder_ / "events.sock" : kAnyPort;
};

TEST_P(Bus, DeliversEveryEventInOrder)
{
    constexpr std::uint64_t kEvents = 200'000;
    Publisher publisher{{.url = url_, .node = "alice"}};
    Subscriber subscriber{{.sources = {publisher.url()}}};
    wait_for_subscribers(publisher, 1);
    std::jthread sender{[&] {
        for (std::uint64_t i = 0; i < kEvents; ++i)
            EXPECT_TRUE(publisher.add(make_event(i, i % 500)));
        publisher.flush();
    }};
    std::uint64_t expected = 0;
    while (expected < kEvents) {
        const auto batch = next_events(subscriber);
        ASSERT_TRUE(batch) << "after " << expected << " events";
        ASSERT_EQ(batch->node, "alice");
        ASSERT_EQ(batch->publisher_id, publisher.id());
        ASSERT_EQ(batch->first_sequence, expected);
        const auto parsed = parse(*batch);
        ASSERT_EQ(parsed.first_sequence(), expected);
        ASSERT_EQ(static_cast<std::uint64_t>(parsed.events_size()), batch->event_count);
        for (const auto& event : parsed.events())
            ASSERT_EQ(event.timestamp_ns(), expected++);
    }
    EXPECT_EQ(expected, kEvents);
    EXPECT_EQ(subscriber.statistics().missed_events, 0U);
    EXPECT_EQ(subscriber.statistics().bad_frames, 0U);
    EXPECT_EQ(subscriber.statistics().events, kEvents);
    sender.join();
    EXPECT_EQ(publisher.statistics().events, kEvents);
    EXPECT_EQ(publisher.statistics().bytes, subscriber.statistics().bytes);
    EXPECT_EQ(publisher.statistics().batches, subscriber.statistics().batches);
}

TEST_P(Bus, DeliversTheLargestMessageBitForBit)
{
    std::string payload(4'000'000, '\0');
    std::uint32_t state = 1;
    for (char& byte : payload)
        byte = static_cast<char>((state = state * 1664525U + 1013904223U) >> 24U);
    proto::Event event;
    event.mutable_message()->mutable_inbound()->set_raw(payload);

    Publisher publisher{{.url = url_, .node = "alice"}};
    Subscriber subscriber{{.sources = {publisher.url()}}};
    wait_for_subscribers(publisher, 1);
    EXPECT_TRUE(publisher.add(make_event(0)));
    EXPECT_TRUE(publisher.add(event.SerializeAsString()));
    const auto batch = next_events(subscriber);
    ASSERT_TRUE(batch);
    const auto parsed = parse(*batch);
    ASSERT_EQ(parsed.events_size(), 2);
    EXPECT_TRUE(parsed.events(1).message().inbound().raw() == payload);
}

TEST_P(Bus, ForwardsABatchOfAnotherPublisherAsItIs)
{
    Publisher publisher{{.url = url_, .node = "alice"}};
    Subscriber subscriber{{.sources = {publisher.url()}, .nodes = {"bob"}}};
    wait_for_subscribers(publisher, 1);
    proto::EventBatch original;
    original.set_schema_version(events::kSchemaVersion);
    original.set_node("bob");
    original.set_publisher_id(42);
    original.set_first_sequence(1000);
    original.add_events()->set_timestamp_ns(7);
    publisher.forward(original.SerializeAsString());
    const auto batch = next_events(subscriber);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->bytes, original.SerializeAsString());
    EXPECT_EQ(publisher.next_sequence(), 0U);
    EXPECT_THROW(publisher.forward("no batch"), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(Transports, Bus, ::testing::Values("tcp", "ipc"),
                         [](const auto& transport) { return transport.param; });

} // namespace
} // namespace peer_observer::bus
