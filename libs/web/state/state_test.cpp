#include "libs/web/web_testing.h"

namespace peer_observer::web {
namespace {

using ::testing::Each;
using ::testing::Lt;

TEST(State, CountsMessagesOfPeer)
{
    TestWeb web;
    web.send({web.opened(7), web.ping(Direction::outbound, 7, 1), web.ping(Direction::inbound, 7, 2)});
    const auto* node = web.state.find("alpha");
    ASSERT_NE(node, nullptr);
    const auto* peer = node->find(7);
    ASSERT_NE(peer, nullptr);
    EXPECT_EQ(peer->in.messages, 1);
    EXPECT_EQ(peer->out.bytes, 8);
    EXPECT_TRUE(peer->is_opening_known);
    EXPECT_EQ(peer->opened_ns, kStartNs);
    EXPECT_EQ(to_string(peer->key.process), "4711.99");
}

TEST(State, MeasuresPingByItsNonce)
{
    TestWeb web;
    web.send({web.ping(Direction::outbound, 7, 1)});
    web.now_ns += 1000;
    web.send({web.pong(Direction::inbound, 7, 2)}); // not this one's
    EXPECT_FALSE(web.state.find("alpha")->find(7)->ping_ns);
    web.now_ns += 1000;
    web.send({web.pong(Direction::inbound, 7, 1)});
    EXPECT_EQ(web.state.find("alpha")->find(7)->ping_ns, 2000);
}

TEST(State, KeepsGonePeersForAnHour)
{
    TestWeb web;
    web.send({web.opened(7), web.ping(Direction::outbound, 7, 1), web.closed(7)});
    const auto& node = *web.state.find("alpha");
    EXPECT_TRUE(node.peers().empty());
    ASSERT_NE(node.find(7), nullptr);
    EXPECT_EQ(node.find(7)->ending, "closed");
    EXPECT_EQ(node.find(7)->history.events().size(), 3);
    web.state.tick(web.now_ns + kGoneNs);
    EXPECT_NE(node.find(7), nullptr);
    web.state.tick(web.now_ns + kGoneNs + 1);
    EXPECT_EQ(node.find(7), nullptr);
    EXPECT_EQ(node.history_bytes(), 0);
}

TEST(State, EndsPeersOfStoppedProcess)
{
    TestWeb web;
    web.send({web.opened(7)});
    auto next = web.opened(0);
    next.set_pid(4712);
    web.send({next});
    const auto& node = *web.state.find("alpha");
    EXPECT_EQ(node.peers().size(), 1);
    ASSERT_EQ(node.gone().size(), 1);
    EXPECT_EQ(node.gone().front().ending, "node_stopped");
}

TEST(State, EndsPeerThatGetpeerinfoNoLongerLists)
{
    TestWeb web;
    web.send({web.opened(7), web.opened(8)});
    web.now_ns += 60 * kSecond;
    proto::Event answer;
    answer.set_timestamp_ns(web.now_ns);
    auto& info = *answer.mutable_rpc()->mutable_getpeerinfo()->add_peers();
    info.set_id(7);
    info.set_addr(TestWeb::address_of(7));
    info.set_transport_protocol_type("v2");
    web.send({answer}, "alpha", 2);
    const auto& node = *web.state.find("alpha");
    EXPECT_EQ(node.find(7)->transport, "v2");
    EXPECT_EQ(node.find(7)->closed_ns, 0);
    EXPECT_EQ(node.find(8)->ending, "not_observed");
}

TEST(State, TakesNoInfoOfOtherAddress)
{
    TestWeb web;
    web.send({web.opened(7)});
    proto::Event answer;
    answer.set_timestamp_ns(web.now_ns);
    auto& info = *answer.mutable_rpc()->mutable_getpeerinfo()->add_peers();
    info.set_id(7);
    info.set_addr("198.51.100.1:8333");
    info.set_transport_protocol_type("v2");
    web.send({answer}, "alpha", 2);
    EXPECT_FALSE(web.state.find("alpha")->find(7)->transport);
}

TEST(State, CountsWhatIsMissing)
{
    TestWeb web;
    web.send({web.opened(7)});
    web.send({web.closed(7)}, "alpha", 0xc0ffee, 3);
    EXPECT_EQ(web.state.find("alpha")->missed_events(), 3);
    ASSERT_EQ(web.state.losses().size(), 1);
    EXPECT_EQ(web.state.losses().front().first_sequence, 1);
}

TEST(State, KeepsLargeEventWithoutItsPayload)
{
    TestWeb web;
    auto large = web.message(Direction::inbound, 7, "tx");
    TestWeb::payload(large).mutable_tx()->set_raw(std::string(40'000, 'x'));
    web.send({large});
    const auto found = web.state.find({0xc0ffee, 0});
    ASSERT_TRUE(found.event);
    EXPECT_TRUE(found.event->payload_omitted);
    EXPECT_LT(found.event->bytes.size(), 200);
    EXPECT_EQ(found.peer->key.peer_id, 7);
}

TEST(State, CountsFirstAnnouncerOfBlock)
{
    TestWeb web;
    web.send({web.inv(Direction::inbound, 7, proto::InventoryItem::BLOCK, hash_bytes(1)),
              web.inv(Direction::inbound, 8, proto::InventoryItem::BLOCK, hash_bytes(1))});
    const auto& node = *web.state.find("alpha");
    EXPECT_EQ(node.find(7)->first_blocks, 1);
    EXPECT_EQ(node.find(8)->first_blocks, 0);
}

TEST(State, JoinsTransactionAnnouncedByTxid)
{
    TestWeb web;
    web.send({web.inv(Direction::inbound, 7, proto::InventoryItem::TX, hash_bytes(1)),
              web.inv(Direction::inbound, 8, proto::InventoryItem::WTX, hash_bytes(2))});
    auto tx = web.message(Direction::inbound, 7, "tx");
    TestWeb::payload(tx).mutable_tx()->set_txid(hash_bytes(1));
    TestWeb::payload(tx).mutable_tx()->set_wtxid(hash_bytes(2));
    web.send({tx});
    const auto json = web.get("/api/v1/transactions/" + hash_hex(1));
    EXPECT_EQ(json["wtxid"], hash_hex(2));
    ASSERT_EQ(json["nodes"].size(), 1);
    EXPECT_EQ(json["nodes"][0]["announcements"].size(), 2);
    EXPECT_EQ(web.get("/api/v1/transactions/" + hash_hex(2))["nodes"], json["nodes"]);
}

TEST(State, KeepsFateOfTransactionOfTheNodeItself)
{
    TestWeb web;
    auto added = web.event();
    added.mutable_mempool()->mutable_added()->set_txid(hash_bytes(1));
    web.send({added});
    const auto added_ns = web.now_ns;
    web.now_ns += 30;
    web.send({web.inv(Direction::outbound, 7, proto::InventoryItem::WTX, hash_bytes(2))});
    web.now_ns += 5;
    web.send({web.inv(Direction::outbound, 8, proto::InventoryItem::WTX, hash_bytes(2))});
    auto tx = web.message(Direction::outbound, 7, "tx");
    TestWeb::payload(tx).mutable_tx()->set_txid(hash_bytes(1));
    TestWeb::payload(tx).mutable_tx()->set_wtxid(hash_bytes(2));
    web.send({tx});
    const auto node = web.get("/api/v1/transactions/" + hash_hex(1))["nodes"][0];
    EXPECT_EQ(node["mempool_added_ns"], added_ns);
    ASSERT_EQ(node["announcements"].size(), 2);
    EXPECT_EQ(node["announcements"][0]["delta_ns"], 0); // nobody announced it to the node
    EXPECT_EQ(node["announcements"][1]["delta_ns"], 5);
}

/// What one event costs at most, with what is around it.
struct Size {
    std::size_t peers = 0;
    std::size_t events = 0;
    std::size_t bytes = 0;
};

Size size_of(const State& state)
{
    Size size;
    size.bytes = state.latest().bytes();
    for (const auto& [name, node] : state.nodes()) {
        size.peers += node->peers().size() + node->gone().size();
        size.bytes += node->history_bytes();
        for (const auto& [key, peer] : node->peers())
            size.events += peer.history.events().size();
    }
    return size;
}

TEST(State, StaysFlatOverADay)
{
    TestWeb web;
    constexpr int kPeers = 100;
    std::uint32_t number = 0;
    std::vector<Size> hours;
    for (int minute = 0; minute < 24 * 60; ++minute) {
        web.now_ns += 60 * kSecond;
        std::vector<proto::Event> events;
        const std::int64_t newcomer = kPeers + minute;
        events.push_back(web.opened(newcomer));
        for (std::int64_t peer = newcomer - kPeers; peer < newcomer; ++peer) {
            events.push_back(web.inv(Direction::inbound, peer, proto::InventoryItem::WTX, hash_bytes(++number)));
            if (peer % 10 == minute % 10) events.push_back(web.ping(Direction::outbound, peer, number));
        }
        events.push_back(web.closed(newcomer - kPeers));
        web.send(events);
        web.state.tick(web.now_ns);
        if (minute % 60 == 59) hours.push_back(size_of(web.state));
    }
    EXPECT_GT(number, kMaxTransactions); // or nothing was to be forgotten
    EXPECT_LE(web.state.inventory().transactions().size(), kMaxTransactions);
    for (std::size_t hour = 4; hour < hours.size(); ++hour) {
        EXPECT_LE(hours[hour].peers, hours[3].peers + 2);
        EXPECT_LE(hours[hour].bytes, hours[3].bytes * 11 / 10);
    }
}

TEST(State, IsNotFilledByPeers)
{
    TestWeb web;
    std::vector<proto::Event> events;
    for (int i = 0; i < 300; ++i) // types, of which a peer may send any
        events.push_back(web.message(Direction::inbound, 1, "type" + std::to_string(i)));
    for (std::int64_t peer = 0; peer < static_cast<std::int64_t>(kMaxPeers) + 50; ++peer)
        events.push_back(web.opened(peer));
    web.send(events);
    const auto& node = *web.state.find("alpha");
    EXPECT_EQ(node.peers().size(), kMaxPeers);
    EXPECT_EQ(node.find(1)->types.size(), kMessageTypes + 1);
    EXPECT_EQ(node.find(1)->types.at("*other*").in.messages, 300 - kMessageTypes);
}

} // namespace
} // namespace peer_observer::web
