#include "libs/web/web_testing.h"
#include "services/web/feed.h"

namespace peer_observer::web {
namespace {

using ::testing::HasSubstr;

struct Sink : FeedSink {
    void send(const std::shared_ptr<const std::string>& text, std::uint64_t count) override
    {
        all += *text;
        events += count;
    }
    void sample(std::uint64_t, std::uint64_t matched_events, std::uint64_t shown_events) override
    {
        matched = matched_events;
        shown = shown_events;
    }
    std::string all;
    std::uint64_t events = 0;
    std::uint64_t matched = 0;
    std::uint64_t shown = 0;
};

TEST(Feed, SamplesAndSaysSo)
{
    TestWeb web;
    web.send({web.ping(Direction::inbound, 7, 1)});
    const auto& kept = *web.state.latest().events().front();
    const auto event = web.ping(Direction::inbound, 7, 1);
    Feed feed{nullptr};
    const auto all = std::make_shared<Sink>();
    const auto none = std::make_shared<Sink>();
    feed.join(all, {Request{"/api/v1/feed?message_type=ping"}, nullptr}, 10);
    feed.join(none, {Request{"/api/v1/feed?message_type=pong"}, nullptr}, 10);
    const auto now = Feed::Clock::now();
    for (int i = 0; i < 1000; ++i)
        feed.observe(event, kept, now + std::chrono::milliseconds{i});
    feed.flush();
    feed.tick(0);
    EXPECT_EQ(all->matched, 1000);
    EXPECT_EQ(all->shown, all->events);
    EXPECT_GE(all->shown, 10);
    EXPECT_LE(all->shown, 20); // a second's worth at once, and a second's worth after it
    EXPECT_EQ(none->matched, 0);
    EXPECT_THAT(all->all, HasSubstr("event: event\ndata: {\"timestamp_ns\":"));
}

TEST(Feed, SharesChannelsAndForgetsThem)
{
    Feed feed{nullptr};
    auto one = std::make_shared<Sink>();
    auto two = std::make_shared<Sink>();
    feed.join(one, {Request{"/api/v1/feed?peer=1&peer=2"}, nullptr}, 10);
    feed.join(two, {Request{"/api/v1/feed?peer=2&peer=1"}, nullptr}, 10);
    EXPECT_EQ(feed.channels(), 1);
    one.reset();
    two.reset();
    feed.tick(0);
    EXPECT_EQ(feed.channels(), 0);
}

} // namespace
} // namespace peer_observer::web
