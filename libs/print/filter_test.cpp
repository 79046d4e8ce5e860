#include "libs/events/kind.h"
#include "libs/events/testing/every_kind.h"
#include "libs/print/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace peer_observer::print {
namespace {

using testing::HasSubstr;

proto::Event message(bool inbound, std::int64_t peer, const std::string& type)
{
    proto::Event event;
    auto& content =
        inbound ? *event.mutable_message()->mutable_inbound() : *event.mutable_message()->mutable_outbound();
    content.set_peer_id(peer);
    content.set_message_type(type);
    return event;
}

proto::Event rejected()
{
    proto::Event event;
    event.mutable_mempool()->mutable_rejected();
    return event;
}

TEST(Filter, SelectsEverythingWithoutOptions)
{
    const Filter filter{{}};
    EXPECT_TRUE(filter.selects_all());
    for (const auto& event : events::events_of_every_kind())
        EXPECT_TRUE(filter.selects(event));
    EXPECT_TRUE(filter.selects(proto::Event{}));
}

TEST(Filter, SelectsByKindOrItsFirstPart)
{
    EXPECT_TRUE(Filter{{.kinds = {"mempool"}}}.selects(rejected()));
    EXPECT_TRUE(Filter{{.kinds = {"mempool.rejected"}}}.selects(rejected()));
    EXPECT_TRUE((Filter{{.kinds = {"message", "mempool"}}}.selects(rejected())));
    EXPECT_FALSE(Filter{{.kinds = {"mempool.added"}}}.selects(rejected()));
    EXPECT_FALSE(Filter{{.kinds = {"message"}}}.selects(rejected()));
    EXPECT_FALSE(Filter{{.kinds = {"message"}}}.selects(proto::Event{}));
}

TEST(Filter, SelectsExactlyThatKindForEveryKind)
{
    for (const auto& kind : events::known_kinds())
        for (const auto& event : events::events_of_every_kind())
            EXPECT_EQ(Filter{{.kinds = {kind.full_name}}}.selects(event),
                      to_string(events::kind_of(event)) == kind.full_name || event.has_events_lost());
}

TEST(Filter, SelectsByMessageType)
{
    const Filter filter{{.message_types = {"inv", "tx"}}};
    EXPECT_TRUE(filter.selects(message(true, 1, "tx")));
    EXPECT_FALSE(filter.selects(message(true, 1, "ping")));
    EXPECT_FALSE(filter.selects(rejected()));
}

TEST(Filter, SelectsByDirection)
{
    EXPECT_TRUE(Filter{{.direction = "inbound"}}.selects(message(true, 1, "tx")));
    EXPECT_FALSE(Filter{{.direction = "outbound"}}.selects(message(true, 1, "tx")));
    EXPECT_FALSE(Filter{{.direction = "inbound"}}.selects(rejected()));
    proto::Event connection;
    connection.mutable_connection()->mutable_outbound();
    EXPECT_TRUE(Filter{{.direction = "outbound"}}.selects(connection));
}

TEST(Filter, SelectsByPeerWhateverTheKind)
{
    const Filter filter{{.peers = {3, 0}}};
    EXPECT_TRUE(filter.selects(message(true, 3, "tx")));
    EXPECT_TRUE(filter.selects(message(false, 0, "tx")));
    EXPECT_FALSE(filter.selects(message(true, 4, "tx")));
    EXPECT_FALSE(filter.selects(rejected())) << "has no peer, not even peer 0";
    proto::Event orphan;
    orphan.mutable_orphan()->mutable_add()->set_peer_id(3);
    EXPECT_TRUE(filter.selects(orphan));
}

TEST(Filter, SelectsByAddressWithOrWithoutItsPort)
{
    auto event = message(true, 3, "tx");
    auto& address = *event.mutable_message()->mutable_inbound()->mutable_address();
    address = "192.0.2.1:8333";
    EXPECT_TRUE(Filter{{.addresses = {"192.0.2.1:8333"}}}.selects(event));
    EXPECT_TRUE((Filter{{.addresses = {"192.0.2.9", "192.0.2.1"}}}.selects(event)));
    EXPECT_FALSE(Filter{{.addresses = {"192.0.2.1:833"}}}.selects(event));
    EXPECT_FALSE(Filter{{.addresses = {"192.0.2"}}}.selects(event));
    EXPECT_FALSE(Filter{{.addresses = {"192.0.2.1"}}}.selects(rejected()));
    address = "[2001:db8::1]:8333";
    EXPECT_TRUE(Filter{{.addresses = {"2001:db8::1"}}}.selects(event));
    EXPECT_TRUE(Filter{{.addresses = {"[2001:db8::1]:8333"}}}.selects(event));
    EXPECT_FALSE(Filter{{.addresses = {"2001:db8:"}}}.selects(event));
}

TEST(Filter, SelectsByProcess)
{
    auto event = rejected();
    event.set_pid(7);
    EXPECT_TRUE((Filter{{.pids = {8, 7}}}.selects(event)));
    EXPECT_FALSE(Filter{{.pids = {8}}}.selects(event));
    EXPECT_FALSE(Filter{{.pids = {8}}}.selects_all());
}

TEST(Filter, RefusesASelectionThatCanMatchNothing)
{
    const auto refusal = [](FilterOptions options) -> std::string {
        try {
            const Filter filter{std::move(options)};
            return "";
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
    };
    EXPECT_EQ(
        refusal({.kinds = {"connection"}, .message_types = {"version"}}),
        "no event of the kind connection has a message type: this can select nothing; leave out one or the other");
    EXPECT_THAT(refusal({.kinds = {"mempool.rejected"}, .direction = "inbound"}), HasSubstr("the direction inbound"));
    EXPECT_THAT(refusal({.kinds = {"message.outbound"}, .direction = "inbound"}), HasSubstr("the direction inbound"));
    EXPECT_THAT(refusal({.kinds = {"mempool"}, .peers = {3}}), HasSubstr("has a peer"));
    EXPECT_THAT(refusal({.kinds = {"mempool"}, .addresses = {"192.0.2.1"}}), HasSubstr("has an address"));
    EXPECT_THAT(refusal({.kinds = {"message", "connection"}, .message_types = {"version"}}), HasSubstr("connection"))
        << "each of the kinds";
    EXPECT_EQ(refusal({.kinds = {"message"}, .message_types = {"version"}, .peers = {3}, .direction = "inbound"}), "");
    EXPECT_EQ(refusal({.kinds = {"connection"}, .direction = "outbound"}), "");
    EXPECT_EQ(refusal({.kinds = {"connection"}, .peers = {3}, .addresses = {"192.0.2.1"}}), "");
    EXPECT_EQ(refusal({.kinds = {"mempool"}, .pids = {3}}), "");
    EXPECT_EQ(refusal({.message_types = {"version"}, .direction = "inbound"}), "");
}

TEST(Filter, WantsAllOfItsConditions)
{
    const Filter filter{{.kinds = {"message"}, .message_types = {"tx"}, .peers = {3}, .direction = "inbound"}};
    EXPECT_FALSE(filter.selects_all());
    EXPECT_TRUE(filter.selects(message(true, 3, "tx")));
    EXPECT_FALSE(filter.selects(message(false, 3, "tx")));
    EXPECT_FALSE(filter.selects(message(true, 4, "tx")));
    EXPECT_FALSE(filter.selects(message(true, 3, "inv")));
}

TEST(Filter, LetsReportsOfLostEventsThrough)
{
    proto::Event lost;
    lost.mutable_events_lost()->set_count(1);
    EXPECT_TRUE((Filter{{.kinds = {"mempool"}, .pids = {3}}}.selects(lost)));
}

TEST(Filter, ListsTheKnownKindsWhenOneIsUnknown)
{
    for (const char* kind : {"", "mem", "mempool.", "mempool.re", "mempool.rejected.x", "Mempool", "unknown"}) {
        try {
            const Filter filter{{.kinds = {"message", kind}}};
            FAIL() << "took " << kind;
        } catch (const std::invalid_argument& error) {
            EXPECT_THAT(error.what(), HasSubstr("'" + std::string{kind} + "'"));
            EXPECT_THAT(error.what(), HasSubstr("events_lost, message.inbound, "));
        }
    }
    EXPECT_THROW(Filter{{.direction = "up"}}, std::invalid_argument);
}

} // namespace
} // namespace peer_observer::print
