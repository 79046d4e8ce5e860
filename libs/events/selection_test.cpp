#include "libs/events/kind.h"
#include "libs/events/selection.h"
#include "libs/events/testing/every_kind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace peer_observer::events {
namespace {

using ::testing::HasSubstr;

bool selects(const Selection& selection, const proto::Event& event)
{
    const auto bytes = event.SerializeAsString();
    return selection.selects(view_event(bytes));
}

bool selects(const Conjunction& wanted, const proto::Event& event) { return selects(Selection{{wanted}}, event); }

proto::Event message_event(bool inbound, std::int64_t peer, const std::string& type)
{
    proto::Event event;
    auto& content =
        inbound ? *event.mutable_message()->mutable_inbound() : *event.mutable_message()->mutable_outbound();
    content.set_peer_id(peer);
    content.set_message_type(type);
    return event;
}

proto::Event rejected_event()
{
    proto::Event event;
    event.mutable_mempool()->mutable_rejected();
    return event;
}

TEST(Selection, SelectsEverythingWithoutOptions)
{
    const Selection selection;
    EXPECT_TRUE(selection.selects_all());
    for (const auto& event : events_of_every_kind())
        EXPECT_TRUE(selects(selection, event));
    EXPECT_TRUE(selects(selection, proto::Event{}));
}

TEST(Selection, SelectsByKindOrItsFirstPart)
{
    EXPECT_TRUE(selects({.kinds = {"mempool"}}, rejected_event()));
    EXPECT_TRUE(selects({.kinds = {"mempool.rejected"}}, rejected_event()));
    EXPECT_TRUE(selects({.kinds = {"message", "mempool"}}, rejected_event()));
    EXPECT_FALSE(selects({.kinds = {"mempool.added"}}, rejected_event()));
    EXPECT_FALSE(selects({.kinds = {"message"}}, rejected_event()));
    EXPECT_FALSE(selects({.kinds = {"message"}}, proto::Event{}));
}

TEST(Selection, SelectsExactlyThatKindForEveryKind)
{
    for (const auto& kind : known_kinds())
        for (const auto& event : events_of_every_kind())
            EXPECT_EQ(selects({.kinds = {kind.full_name}}, event),
                      to_string(kind_of(event)) == kind.full_name || event.has_events_lost());
}

TEST(Selection, SelectsByMessageType)
{
    const Selection selection{{{.message_types = {"inv", "tx"}}}};
    EXPECT_TRUE(selects(selection, message_event(true, 1, "tx")));
    EXPECT_FALSE(selects(selection, message_event(true, 1, "ping")));
    EXPECT_FALSE(selects(selection, rejected_event()));
}

TEST(Selection, SelectsByDirection)
{
    EXPECT_TRUE(selects({.directions = {"inbound"}}, message_event(true, 1, "tx")));
    EXPECT_FALSE(selects({.directions = {"outbound"}}, message_event(true, 1, "tx")));
    EXPECT_FALSE(selects({.directions = {"inbound"}}, rejected_event()));
    proto::Event connection;
    connection.mutable_connection()->mutable_outbound();
    EXPECT_TRUE(selects({.directions = {"outbound"}}, connection));
}

TEST(Selection, SelectsByPeerWhateverTheKind)
{
    const Selection selection{{{.peers = {3, 0}}}};
    EXPECT_TRUE(selects(selection, message_event(true, 3, "tx")));
    EXPECT_TRUE(selects(selection, message_event(false, 0, "tx")));
    EXPECT_FALSE(selects(selection, message_event(true, 4, "tx")));
    EXPECT_FALSE(selects(selection, rejected_event())) << "has no peer, not even peer 0";
    proto::Event orphan;
    orphan.mutable_orphan()->mutable_add()->set_peer_id(3);
    EXPECT_TRUE(selects(selection, orphan));
}

TEST(Selection, SelectsByAddressWithOrWithoutItsPort)
{
    auto event = message_event(true, 3, "tx");
    auto& address = *event.mutable_message()->mutable_inbound()->mutable_address();
    address = "192.0.2.1:8333";
    EXPECT_TRUE(selects({.addresses = {"192.0.2.1:8333"}}, event));
    EXPECT_TRUE(selects({.addresses = {"192.0.2.9", "192.0.2.1"}}, event));
    EXPECT_FALSE(selects({.addresses = {"192.0.2.1:833"}}, event));
    EXPECT_FALSE(selects({.addresses = {"192.0.2"}}, event));
    EXPECT_FALSE(selects({.addresses = {"192.0.2.1"}}, rejected_event()));
    address = "[2001:db8::1]:8333";
    EXPECT_TRUE(selects({.addresses = {"2001:db8::1"}}, event));
    EXPECT_TRUE(selects({.addresses = {"[2001:db8::1]:8333"}}, event));
    EXPECT_FALSE(selects({.addresses = {"2001:db8:"}}, event));
}

TEST(Selection, SelectsByProcess)
{
    auto event = rejected_event();
    event.set_pid(7);
    EXPECT_TRUE(selects({.pids = {8, 7}}, event));
    EXPECT_FALSE(selects({.pids = {8}}, event));
    EXPECT_FALSE(Selection{{{.pids = {8}}}}.selects_all());
}

TEST(Selection, RefusesASelectionThatCanMatchNothing)
{
    const auto refusal = [](Conjunction wanted) -> std::string {
        try {
            const Selection selection{{std::move(wanted)}};
            return "";
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
    };
    EXPECT_EQ(
        refusal({.kinds = {"connection"}, .message_types = {"version"}}),
        "no event of the kind connection has a message type: this can select nothing; leave out one or the other");
    EXPECT_THAT(refusal({.kinds = {"mempool.rejected"}, .directions = {"inbound"}}),
                HasSubstr("the direction inbound"));
    EXPECT_THAT(refusal({.kinds = {"message.outbound"}, .directions = {"inbound"}}),
                HasSubstr("the direction inbound"));
    EXPECT_THAT(refusal({.kinds = {"mempool"}, .peers = {3}}), HasSubstr("has a peer"));
    EXPECT_THAT(refusal({.kinds = {"mempool"}, .addresses = {"192.0.2.1"}}), HasSubstr("has an address"));
    EXPECT_THAT(refusal({.kinds = {"message", "connection"}, .message_types = {"version"}}), HasSubstr("connection"))
        << "each of the kinds";
    EXPECT_EQ(refusal({.kinds = {"message"}, .message_types = {"version"}, .directions = {"inbound"}, .peers = {3}}),
              "");
    EXPECT_EQ(refusal({.kinds = {"connection"}, .directions = {"outbound"}}), "");
    EXPECT_EQ(refusal({.kinds = {"connection"}, .peers = {3}, .addresses = {"192.0.2.1"}}), "");
    EXPECT_EQ(refusal({.kinds = {"mempool"}, .pids = {3}}), "");
    EXPECT_EQ(refusal({.message_types = {"version"}, .directions = {"inbound"}}), "");
}

TEST(Selection, RefusesValuesThatNoEventHas)
{
    const auto refusal = [](Conjunction wanted) -> std::string {
        try {
            const Selection selection{{std::move(wanted)}};
            return "";
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
    };
    EXPECT_EQ(refusal({.message_types = {"thirteenchars"}}),
              "'thirteenchars' can select nothing: a message type has at most 12 characters, of printable ASCII");
    EXPECT_THAT(refusal({.message_types = {"caf\xc3\xa9"}}), HasSubstr("printable ASCII"));
    EXPECT_EQ(refusal({.message_types = {"nobodysent12"}}), "") << "peers send what Core does not know";
    EXPECT_EQ(refusal({.message_types = {""}}), "an empty message type can select nothing");
    EXPECT_EQ(refusal({.addresses = {"a|b"}}), "'a|b' is no address: it has one of ,| in it");
    EXPECT_EQ(refusal({.peers = {-1}}), "") << "a peer of a capture, of which nobody knows the node's number";
    EXPECT_THAT(refusal({.pids = {0}}), HasSubstr("0 is no id"));
    EXPECT_THAT(refusal({.ases = {4}}), HasSubstr("--asmap"));
    EXPECT_THROW(Selection{std::vector<Conjunction>(kMaxAlternatives + 1)}, std::invalid_argument);
}

TEST(Selection, RefusesWholeIfOneAlternativeCanMatchNothing)
{
    EXPECT_THROW((Selection{{{.kinds = {"message"}}, {.kinds = {"connection"}, .message_types = {"inv"}}}}),
                 std::invalid_argument);
}

TEST(Selection, TakesEverythingIfOneAlternativeDoes)
{
    EXPECT_TRUE((Selection{{{.kinds = {"message"}}, {}}}.selects_all()));
}

TEST(Selection, LeavesOutMalformedEvents)
{
    EXPECT_FALSE(Selection{{{.kinds = {"message"}}}}.selects(view_event("\xff\xff\xff")));
    EXPECT_TRUE(Selection{}.selects(view_event("\xff\xff\xff")));
    // What looks like a report of lost events, but ends within it.
    auto cut = std::string{};
    cut.push_back(static_cast<char>(proto::Event::kEventsLostFieldNumber << 3 | 2));
    cut.push_back(64);
    EXPECT_TRUE(view_event(cut).is_malformed);
    EXPECT_FALSE(Selection{{{.kinds = {"message"}}}}.selects(view_event(cut)));
}

TEST(Selection, WantsAllOfItsConditions)
{
    const Selection selection{
        {{.kinds = {"message"}, .message_types = {"tx"}, .directions = {"inbound"}, .peers = {3}}}};
    EXPECT_FALSE(selection.selects_all());
    EXPECT_TRUE(selects(selection, message_event(true, 3, "tx")));
    EXPECT_FALSE(selects(selection, message_event(false, 3, "tx")));
    EXPECT_FALSE(selects(selection, message_event(true, 4, "tx")));
    EXPECT_FALSE(selects(selection, message_event(true, 3, "inv")));
}

TEST(Selection, LetsReportsOfLostEventsThrough)
{
    proto::Event lost;
    lost.mutable_events_lost()->set_count(1);
    EXPECT_TRUE(selects({.kinds = {"mempool"}, .pids = {3}}, lost));
}

TEST(Selection, ListsTheKnownKindsWhenOneIsUnknown)
{
    for (const char* kind : {"", "mem", "mempool.", "mempool.re", "mempool.rejected.x", "Mempool", "unknown"}) {
        try {
            const Selection selection{{{.kinds = {"message", kind}}}};
            FAIL() << "took " << kind;
        } catch (const std::invalid_argument& error) {
            EXPECT_THAT(error.what(), HasSubstr("'" + std::string{kind} + "'"));
            EXPECT_THAT(error.what(), HasSubstr("events_lost, message.inbound, "));
        }
    }
    EXPECT_THROW(Selection{{{.directions = {"up"}}}}, std::invalid_argument);
}

} // namespace
} // namespace peer_observer::events
