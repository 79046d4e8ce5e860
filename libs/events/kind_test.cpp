#include "libs/events/kind.h"
#include "libs/events/testing/every_kind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace peer_observer::events {
namespace {

using ::testing::Contains;

TEST(Kind, IsContextAndName)
{
    proto::Event event;
    event.mutable_mempool()->mutable_rejected()->set_reason("min relay fee not met");
    const auto kind = kind_of(event);
    EXPECT_EQ(kind.context, "mempool");
    EXPECT_EQ(kind.name, "rejected");
    EXPECT_EQ(kind.content, &event.mempool().rejected());
    EXPECT_EQ(to_string(kind), "mempool.rejected");
}

TEST(Kind, IsTheContextAloneWhereThereIsOnlyOne)
{
    proto::Event event;
    event.mutable_events_lost()->set_count(3);
    EXPECT_EQ(to_string(kind_of(event)), "events_lost");
    EXPECT_EQ(kind_of(event).content, &event.events_lost());
}

TEST(Kind, IsUnknownForWhatANewerPublisherSends)
{
    proto::Event event;
    ASSERT_TRUE(event.ParseFromString(std::string{"\xfa\x3e\x02\x08\x01", 5})); // field 1007, of which no proto knows
    EXPECT_EQ(to_string(kind_of(event)), "unknown");
    event.mutable_mempool();
    EXPECT_EQ(to_string(kind_of(event)), "mempool.unknown");
    EXPECT_EQ(kind_of(event).content, nullptr);
}

TEST(Kind, KnowsEveryKind)
{
    std::vector<std::string> known;
    for (const auto& kind : known_kinds())
        known.push_back(kind.full_name);
    EXPECT_THAT(known, Contains("events_lost"));
    EXPECT_THAT(known, Contains("message.inbound"));
    EXPECT_THAT(known, Contains("mempool.rejected"));
    std::set<std::string> seen;
    for (const auto& event : events_of_every_kind())
        seen.insert(to_string(kind_of(event)));
    EXPECT_EQ(seen, std::set<std::string>(known.begin(), known.end()));
    EXPECT_EQ(seen.size(), known.size());
}

} // namespace
} // namespace peer_observer::events
