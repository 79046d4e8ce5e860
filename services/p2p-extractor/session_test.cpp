#include "services/p2p-extractor/p2p_extractor_testing.h"
#include "services/p2p-extractor/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peer_observer::p2p_extractor {
namespace {

using namespace std::string_view_literals;
using proto::NodeConnection;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kFirstNonce;
using testing::node_version;
using testing::of_number;
using testing::Talk;
using namespace std::chrono_literals;

/// A session with the handshake behind it, whose output and events were taken.
struct Established : Talk {
    explicit Established(NodeConnection::Direction direction = NodeConnection::TO_NODE) : Talk{direction}
    {
        shake_hands();
        first_ping = last_ping();
        events.clear();
    }
    std::string first_ping;
};

TEST(Session, GreetsWhereItHasDialed)
{
    Talk talk;
    EXPECT_THAT(talk.sent_types(), ElementsAre("version"));
    talk.now += 20ms;
    talk.session.receive(node_version(), talk.now);
    EXPECT_THAT(talk.sent_types(), ElementsAre("wtxidrelay", "sendaddrv2", "verack"));
    EXPECT_THAT(talk.events, IsEmpty());
    talk.now += 10ms;
    talk.receive("verack");
    EXPECT_THAT(talk.sent_types(), ElementsAre("sendheaders", "sendcmpct", "getaddr", "ping"));

    ASSERT_EQ(talk.events.size(), 1U);
    const auto& connected = talk.events[0].connected();
    EXPECT_EQ(connected.connection().id(), 7U);
    EXPECT_EQ(connected.connection().direction(), NodeConnection::TO_NODE);
    EXPECT_EQ(connected.connect_duration_ns(), 3'000'000);
    EXPECT_EQ(connected.handshake_duration_ns(), 30'000'000);
    EXPECT_EQ(connected.version().user_agent(), "/node:1/");
    EXPECT_EQ(talk.figures.handshakes, 1U);
}

TEST(Session, WaitsForTheGreetingOfANodeThatHasDialed)
{
    Talk talk{NodeConnection::FROM_NODE};
    EXPECT_THAT(talk.sent_types(), IsEmpty());
    talk.session.receive(node_version(), talk.now);
    EXPECT_THAT(talk.sent_types(), ElementsAre("version", "wtxidrelay", "sendaddrv2", "verack"));
    talk.receive("verack");
    EXPECT_THAT(talk.sent_types(), ElementsAre("sendheaders", "sendcmpct", "ping"));
    EXPECT_FALSE(talk.events.at(0).connected().has_connect_duration_ns());
}

TEST(Session, AnswersWhatANodeAsks)
{
    Established talk;
    talk.receive("ping", "12345678");
    talk.receive("getheaders", "whatever");
    const std::string items = "\x01" + of_number(1).substr(0, 4) + std::string(32, 'h');
    talk.receive("getdata", items);
    talk.receive("something");
    using Message = Talk::Message;
    EXPECT_THAT(talk.sent(), ElementsAre(Message{"pong", "12345678"}, Message{"headers", std::string(1, '\0')},
                                         Message{"notfound", items}));
    EXPECT_FALSE(talk.session.ended());
}

TEST(Session, IgnoresWhatComesBeforeTheHandshakeIsComplete)
{
    Talk talk;
    talk.receive("verack");
    talk.receive("ping", "12345678");
    talk.session.receive(node_version(), talk.now);
    talk.session.receive(node_version(5), talk.now);
    talk.receive("feefilter", of_number(1000));
    EXPECT_THAT(talk.sent_types(), ElementsAre("version", "wtxidrelay", "sendaddrv2", "verack"));
    EXPECT_THAT(talk.events, IsEmpty());
}

TEST(Session, MeasuresFromThePingToItsPong)
{
    Established talk;
    talk.now += 7ms;
    talk.receive("pong", talk.first_ping);
    ASSERT_EQ(talk.events.size(), 1U);
    EXPECT_EQ(talk.events[0].ping_answered().round_trip_ns(), 7'000'000);
    EXPECT_EQ(talk.figures.pongs, 1U);
    talk.pass(9s);
    EXPECT_THAT(talk.sent_types(), IsEmpty());
    talk.pass(1s);
    EXPECT_THAT(talk.sent_types(), ElementsAre("ping"));
    EXPECT_EQ(talk.figures.pings, 2U);
}

TEST(Session, CountsNoOtherPong)
{
    Established talk;
    for (const auto& payload : {of_number(12345), std::string{}, talk.first_ping.substr(0, 7)})
        talk.receive("pong", payload);
    EXPECT_THAT(talk.events, IsEmpty());
    talk.receive("pong", talk.first_ping);
    talk.receive("pong", talk.first_ping);
    EXPECT_EQ(talk.events.size(), 1U);
    EXPECT_EQ(talk.figures.unexpected_pongs, 4U);
    EXPECT_FALSE(talk.session.ended());
}

TEST(Session, ShowsAPingThatWaitsAndSendsNoOther)
{
    Established talk;
    for (int i = 1; i <= 9; ++i) {
        talk.pass(10s);
        ASSERT_EQ(talk.events.size(), static_cast<std::size_t>(i));
        EXPECT_EQ(talk.events.back().ping_waiting().waiting_ns(), i * 10'000'000'000);
    }
    EXPECT_THAT(talk.sent_types(), IsEmpty());
    EXPECT_EQ(talk.session.ping_waiting(talk.now), 90s);
    talk.now += 1s;
    talk.receive("pong", talk.first_ping);
    EXPECT_EQ(talk.events.back().ping_answered().round_trip_ns(), 91'000'000'000);
    EXPECT_EQ(talk.session.ping_waiting(talk.now), std::nullopt);
}

TEST(Session, GivesUpAPingInTheEnd)
{
    Established talk;
    talk.pass(100s);
    ASSERT_TRUE(talk.session.ended());
    const auto& ended = talk.events.back().disconnected();
    EXPECT_EQ(ended.reason(), proto::PING_TIMEOUT);
    EXPECT_EQ(ended.ping_waiting_ns(), 100'000'000'000);
    EXPECT_EQ(ended.duration_ns(), 100'000'000'000);
}

TEST(Session, GivesUpAHandshakeInTheEnd)
{
    Talk talk;
    EXPECT_EQ(talk.session.deadline(), talk.now + 60s);
    talk.pass(59s);
    EXPECT_FALSE(talk.session.ended());
    talk.pass(1s);
    EXPECT_EQ(talk.events.at(0).connect_failed().reason(), proto::HANDSHAKE_TIMEOUT);
    EXPECT_EQ(talk.figures.ended.at(proto::HANDSHAKE_TIMEOUT), 1U);
}

TEST(Session, TellsTheFirstEndOnly)
{
    Established talk;
    talk.session.end(proto::CLOSED_BY_NODE, "closed", talk.now);
    talk.session.end(proto::STOPPED, "stopped", talk.now);
    talk.receive("ping", "12345678");
    ASSERT_EQ(talk.events.size(), 1U);
    EXPECT_EQ(talk.events[0].disconnected().detail(), "closed");
    EXPECT_THAT(talk.sent_types(), IsEmpty());
}

TEST(Session, SaysNothingOfAStrangerAtItsAddress)
{
    Talk talk{NodeConnection::FROM_NODE};
    talk.session.receive("GET / HTTP/1.1", talk.now);
    ASSERT_TRUE(talk.session.ended());
    EXPECT_EQ(talk.session.ended()->reason, proto::NOT_V1_OR_OTHER_NETWORK);
    EXPECT_THAT(talk.events, IsEmpty());
    EXPECT_EQ(talk.figures.ended.at(proto::NOT_V1_OR_OTHER_NETWORK), 1U);
    // Core reconnects with v1 only if nothing has come (V2Transport::ShouldReconnectV1()).
    EXPECT_THAT(talk.sent_types(), IsEmpty());
}

TEST(Session, EndsAtWhatCoreWouldNotSend)
{
    const auto end_of = [](std::string_view bytes) {
        Established talk;
        talk.session.receive(bytes, talk.now);
        return talk.session.ended() ? talk.session.ended()->reason : proto::UNKNOWN_END_REASON;
    };
    EXPECT_EQ(end_of("GET / HTTP/1.1"), proto::MALFORMED_MESSAGE);
    EXPECT_EQ(end_of(p2p::message(testing::kMagic, "inv", "\x02")), proto::MALFORMED_MESSAGE);
    EXPECT_EQ(end_of(p2p::message(testing::kMagic, "unknown", "\x02")), proto::UNKNOWN_END_REASON);
    EXPECT_EQ(end_of(p2p::message(testing::kMagic, "unknown", "") + '\0'), proto::MALFORMED_MESSAGE);
    auto damaged = p2p::message(testing::kMagic, "ping", "12345678");
    damaged.back() ^= 1;
    EXPECT_EQ(end_of(damaged), proto::MALFORMED_MESSAGE);
}

TEST(Session, TellsGarbageBehindAMessageFromAnotherNetwork)
{
    Talk talk;
    talk.session.receive(node_version() + '\0', talk.now);
    EXPECT_EQ(talk.session.ended().value().reason, proto::MALFORMED_MESSAGE);
}

TEST(Session, NoticesItself)
{
    Talk talk;
    talk.session.receive(node_version(kFirstNonce), talk.now);
    EXPECT_EQ(talk.events.at(0).connect_failed().reason(), proto::SELF_CONNECTION);
}

TEST(Session, CountsAddressesByNetwork)
{
    Established talk;
    const auto entry = [](char network, const std::string& address) {
        return std::string(4, 't') + '\x09' + network + static_cast<char>(address.size()) + address + "\x20\x8d";
    };
    const auto payload = "\x04" + entry(1, "abcd") + entry(1, "efgh") + entry(4, std::string(32, 'k')) + entry(99, "x");
    talk.receive("addrv2", payload);
    ASSERT_EQ(talk.events.size(), 1U);
    const auto& addresses = talk.events[0].addresses();
    EXPECT_EQ(addresses.message_type(), "addrv2");
    EXPECT_EQ(addresses.count(), 4U);
    EXPECT_EQ(addresses.size(), payload.size());
    ASSERT_EQ(addresses.networks_size(), 3);
    EXPECT_EQ(addresses.networks(0).network(), proto::Address::UNKNOWN);
    EXPECT_EQ(addresses.networks(1).network(), proto::Address::IPV4);
    EXPECT_EQ(addresses.networks(1).count(), 2U);
    EXPECT_EQ(addresses.networks(2).network(), proto::Address::TORV3);
}

std::string inventory(const std::vector<std::pair<std::uint32_t, char>>& items)
{
    std::string payload(1, static_cast<char>(items.size()));
    for (const auto& [type, hash] : items) {
        p2p::append(payload, type);
        payload.append(32, hash);
    }
    return payload;
}

TEST(Session, CountsInventoryByType)
{
    Established talk;
    const auto payload = inventory({{5, 'a'}, {5, 'b'}, {1, 'c'}, {4'000'000'000, 'd'}});
    talk.receive("inv", payload);
    talk.receive("notfound", inventory({{1, 'c'}}));
    ASSERT_EQ(talk.events.size(), 2U);
    const auto& counted = talk.events[0].inventory();
    EXPECT_EQ(counted.count(), 4U);
    EXPECT_EQ(counted.size(), payload.size());
    ASSERT_EQ(counted.types_size(), 3);
    EXPECT_EQ(counted.types(0).type(), proto::InventoryItem::WTX);
    EXPECT_EQ(counted.types(0).count(), 2U);
    EXPECT_EQ(talk.events[1].notfound().count(), 1U);
}

TEST(Session, NamesAFewOfManyTypes)
{
    Established talk;
    std::vector<std::pair<std::uint32_t, char>> items;
    for (std::uint32_t i = 0; i < 100; ++i)
        items.emplace_back(1000 + i, 'x');
    talk.receive("inv", inventory(items));
    EXPECT_EQ(talk.events.at(0).inventory().count(), 100U);
    EXPECT_EQ(talk.events.at(0).inventory().types_size(), 16);
}

TEST(Session, TellsTheFeeFilter)
{
    Established talk;
    talk.receive("feefilter", of_number(1000));
    EXPECT_EQ(talk.events.at(0).feefilter().fee_rate_sat_per_kvb(), 1000);
}

TEST(Session, TellsABlockWhenItIsFirstAnnounced)
{
    Established talk;
    talk.receive("inv", inventory({{2, 'b'}}));
    ASSERT_EQ(talk.events.size(), 2U);
    EXPECT_EQ(talk.events[1].block_announced().hash(), std::string(32, 'b'));
    EXPECT_EQ(talk.events[1].block_announced().by(), proto::BlockAnnounced::INV);
    const auto sent = talk.sent();
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].first, "getheaders");
    EXPECT_EQ(sent[0].second.substr(4), "\x01" + std::string(32, 'b') + std::string(32, '\0'));

    talk.receive("inv", inventory({{2, 'b'}}));
    EXPECT_EQ(talk.events.size(), 3U) << "the inventory is counted, the block is known";
    const std::string header(80, 'h');
    talk.receive("headers", "\x01" + header + std::string(1, '\0'));
    ASSERT_EQ(talk.events.size(), 4U);
    EXPECT_EQ(talk.events[3].block_announced().by(), proto::BlockAnnounced::HEADERS);
    EXPECT_THAT(talk.sent_types(), IsEmpty());
    // The same block: its header, a nonce, no short ids, no transactions.
    talk.receive("cmpctblock", header + std::string(8, 'n') + std::string(2, '\0'));
    EXPECT_EQ(talk.events.size(), 4U);
    talk.receive("cmpctblock", std::string(80, 'i') + std::string(8, 'n') + std::string(2, '\0'));
    ASSERT_EQ(talk.events.size(), 5U);
    EXPECT_EQ(talk.events[4].block_announced().by(), proto::BlockAnnounced::CMPCTBLOCK);
}

TEST(Session, TakesMoreThanEightBlocksForNoAnnouncement)
{
    Established talk;
    std::string headers = "\x09";
    std::vector<std::pair<std::uint32_t, char>> blocks;
    for (char i = 'a'; i < 'a' + 9; ++i) {
        headers += std::string(80, i) + std::string(1, '\0');
        blocks.emplace_back(2, i);
    }
    talk.receive("headers", headers);
    talk.receive("inv", inventory(blocks));
    EXPECT_EQ(talk.events.size(), 1U);
    EXPECT_TRUE(talk.events[0].has_inventory());
}

TEST(RecentBlocks, ForgetsTheOldest)
{
    RecentBlocks blocks;
    for (std::size_t i = 0; i <= RecentBlocks::kMost; ++i)
        EXPECT_TRUE(blocks.add(std::to_string(i)));
    EXPECT_FALSE(blocks.add("1"));
    EXPECT_TRUE(blocks.add("0"));
}

} // namespace
} // namespace peer_observer::p2p_extractor
