#include "libs/web/api/api_testing.h"
#include "libs/wire/short_ids.h"

#include <fmt/format.h>

namespace peer_observer::web {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Api, KeepsConnectedBlocksApartFromAnnouncedOnes)
{
    Filled web;
    for (std::uint32_t i = 0; i < 2 * kMaxBlocks; ++i)
        web.send({web.inv(Direction::inbound, 7, proto::InventoryItem::BLOCK, hash_bytes(1000 + i))});
    auto blocks = web.get("/api/v1/blocks")["blocks"];
    ASSERT_EQ(blocks.size(), 101);
    EXPECT_EQ(blocks[0]["hash"], hash_hex(5));
    EXPECT_EQ(blocks[0]["is_connected"], true);
    EXPECT_EQ(blocks[1]["hash"], hash_hex(999 + 2 * kMaxBlocks));
    EXPECT_EQ(blocks[1]["is_connected"], false);
    EXPECT_EQ(web.get("/api/v1/health")["state"]["blocks"], kMaxBlocks + 1);
    // Who announced it stays known when a node connects it.
    auto connected = web.event();
    connected.mutable_validation()->mutable_block_connected()->set_hash(hash_bytes(1001 + kMaxBlocks));
    web.send({connected});
    blocks = web.get("/api/v1/blocks")["blocks"];
    EXPECT_EQ(blocks[0]["hash"], hash_hex(1001 + kMaxBlocks));
    EXPECT_EQ(blocks[0]["announcer_count"], 1);
    EXPECT_EQ(blocks[1]["hash"], hash_hex(5));
}

TEST(Api, MarksPeersOfNetworkThatIsSubject)
{
    TestWeb web;
    auto anomaly = anomaly_of(web);
    auto& report = *anomaly.mutable_anomaly()->mutable_opened();
    report.set_subject("203.0.113.0/24");
    report.mutable_nodes(0)->clear_peers();
    auto elsewhere = web.opened(9);
    elsewhere.mutable_connection()->mutable_inbound()->set_address("198.51.100.9:1");
    web.send({web.opened(7), web.opened(8), elsewhere});
    web.send({anomaly}, "detector", 4);
    std::vector<bool> marked;
    const auto node = web.get("/api/v1/nodes/alpha");
    for (const auto& peer : node["peers"])
        marked.push_back(!peer["anomalies"].empty());
    EXPECT_THAT(marked, ElementsAre(true, true, false));
    report.set_subject("203.0.113.7");
    web.send({anomaly}, "detector", 4);
    EXPECT_TRUE(web.get("/api/v1/nodes/alpha")["peers"][0]["anomalies"].empty()); // peers of an address are listed
}

TEST(Api, TellsLagOfNodesNotOfTools)
{
    TestWeb web;
    auto late = web.opened(7);
    late.set_timestamp_ns(web.now_ns - 5);
    web.send({late});
    EXPECT_EQ(web.get("/api/v1/health")["lag_ns"], 5);
    auto anomaly = anomaly_of(web);
    anomaly.set_timestamp_ns(web.now_ns - 7 * kSecond);
    web.send({anomaly}, "detector", 4);
    EXPECT_EQ(web.get("/api/v1/health")["lag_ns"], 5);
}

TEST(Api, EscapesWhatPeersChose)
{
    TestWeb web;
    const std::string hostile = "</script><script>alert(1)</script>\"\\\n\x01\xff";
    auto typed = web.message(Direction::inbound, 7, "\"},<b>");
    web.send({version_of(web, 7, hostile), typed});
    for (const auto* target : {"/api/v1/nodes/alpha", "/api/v1/nodes/alpha/peers/7", "/api/v1/events"}) {
        const auto text = web.get_text(target);
        for (const char c : text)
            ASSERT_TRUE(c >= 0x20 && c <= 0x7e) << target;
        EXPECT_TRUE(Json::accept(text));
    }
    const auto peer = web.get("/api/v1/nodes/alpha")["peers"][0];
    EXPECT_EQ(peer["user_agent"], "</script><script>alert(1)</script>\"\\\n\x01\xef\xbf\xbd");
    EXPECT_EQ(peer["user_agent_hex"].get<std::string>().substr(0, 4), "3c2f");
}

TEST(Api, ShowsConversationWithPairs)
{
    TestWeb web;
    web.send({web.ping(Direction::outbound, 7, 5)});
    web.now_ns += 1500;
    web.send({web.pong(Direction::inbound, 7, 5), web.ping(Direction::outbound, 7, 6)});
    const auto talk = web.get("/api/v1/nodes/alpha/peers/7")["conversation"];
    ASSERT_EQ(talk.size(), 3);
    EXPECT_EQ(talk[0]["id"], "0000000000c0ffee-0");
    EXPECT_EQ(talk[0]["answered_by"][0]["id"], talk[1]["id"]);
    EXPECT_EQ(talk[0]["answered_by"][0]["duration_ns"], 1500);
    EXPECT_EQ(talk[1]["answers"]["by"], "nonce");
    EXPECT_FALSE(talk[0]["is_unanswered"]);
    EXPECT_TRUE(talk[2]["is_unanswered"]);
    EXPECT_EQ(talk[0]["text"], "ping={nonce=0000000000000005}");
}

TEST(Api, PagesThroughConversation)
{
    TestWeb web;
    for (std::uint64_t i = 0; i < 5; ++i)
        web.send({web.ping(Direction::outbound, 7, i)});
    const auto latest = web.get("/api/v1/nodes/alpha/peers/7?limit=2");
    EXPECT_EQ(latest["conversation"][0]["id"], "0000000000c0ffee-3");
    EXPECT_TRUE(latest["has_older"]);
    const auto older = web.get("/api/v1/nodes/alpha/peers/7?limit=3&before=0000000000c0ffee-3");
    EXPECT_EQ(older["conversation"][0]["id"], "0000000000c0ffee-0");
    EXPECT_FALSE(older["has_older"]);
}

TEST(Api, FindsPeerOnOtherNodes)
{
    TestWeb web;
    web.send({web.opened(7)});
    web.send({web.opened(7)}, "beta", 9);
    const auto elsewhere = web.get("/api/v1/nodes/alpha/peers/7")["elsewhere"];
    ASSERT_EQ(elsewhere.size(), 1);
    EXPECT_EQ(elsewhere[0]["node"], "beta");
    EXPECT_EQ(elsewhere[0]["by"], "address");
}

TEST(Api, SelectsEventsAsTheLogger)
{
    Filled web;
    EXPECT_EQ(web.get("/api/v1/events?message_type=ping")["events"].size(), 1);
    EXPECT_EQ(web.get("/api/v1/events?kind=connection&node=alpha")["events"].size(), 3);
    EXPECT_EQ(web.get("/api/v1/events?kind=connection&node=beta")["events"].size(), 0);
    EXPECT_EQ(web.status("/api/v1/events?kind=connection&message_type=ping"), 400);
    EXPECT_EQ(web.status("/api/v1/events?kind=nonsense"), 400);
}

TEST(Api, OrdersAnnouncersOfBlock)
{
    TestWeb web;
    web.send({web.inv(Direction::inbound, 7, proto::InventoryItem::BLOCK, hash_bytes(5))});
    web.now_ns += 30;
    web.send({web.inv(Direction::inbound, 8, proto::InventoryItem::BLOCK, hash_bytes(5)),
              web.inv(Direction::inbound, 7, proto::InventoryItem::BLOCK, hash_bytes(5))});
    const auto node = web.get("/api/v1/blocks/" + hash_hex(5))["nodes"][0];
    ASSERT_EQ(node["announcements"].size(), 2);
    EXPECT_EQ(node["announcements"][0]["peer_id"], 7);
    EXPECT_EQ(node["announcements"][1]["delta_ns"], 30);
    EXPECT_EQ(node["announcements"][1]["address"], TestWeb::address_of(8));
}

TEST(Api, LeadsFromAnomalyToItsMessages)
{
    const Filled web;
    const auto anomaly = web.get("/api/v1/anomalies/0000000000000abc")["anomaly"];
    EXPECT_EQ(anomaly["state"], "open");
    const auto evidence = anomaly["nodes"][0]["evidence"][0];
    EXPECT_EQ(evidence["id"], "0000000000c0ffee-1");
    EXPECT_TRUE(evidence["is_kept"]);
    EXPECT_EQ(evidence["kind"], "message.inbound");
    EXPECT_EQ(evidence["message_type"], "version");
    EXPECT_THAT(evidence["text"].get<std::string>(), HasSubstr("user_agent=/Secret:1/"));
    EXPECT_EQ(web.get("/api/v1/nodes/alpha")["peers"][0]["anomalies"][0], "0000000000000abc");
    EXPECT_EQ(web.get("/api/v1/nodes")["nodes"][0]["open_anomalies"], 1);
}

TEST(Api, CountsReachableAddresses)
{
    const Filled web;
    const auto networks = web.get("/api/v1/addresses?node=alpha")["by_network"];
    ASSERT_EQ(networks.size(), 1);
    EXPECT_EQ(networks[0]["network"], "IPV4");
    EXPECT_EQ(networks[0]["addresses"], 1);
    EXPECT_EQ(networks[0]["reachable"], 1);
}

TEST(Api, ListsToolsWithoutTakingThemForNodes)
{
    const Filled web;
    ASSERT_EQ(web.get("/api/v1/nodes")["nodes"].size(), 1);
    EXPECT_EQ(web.get("/api/v1/health")["publishers"].size(), 3);
}

TEST(Api, RefusesWrongRequests)
{
    const Filled web;
    EXPECT_EQ(web.status("/api/v1/nodes/gamma"), 404);
    EXPECT_EQ(web.status("/api/v1/nothing"), 404);
    EXPECT_EQ(web.status("/api/v1/nodes?limits=3"), 400);
    EXPECT_EQ(web.status("/api/v1/nodes/alpha/peers/x"), 400);
    EXPECT_EQ(web.status("/api/v1/nodes/alpha/peers/99"), 404);
    EXPECT_EQ(web.status("/api/v1/nodes/alpha/peers/7?limit=0"), 400);
    EXPECT_EQ(web.status("/api/v1/nodes/alpha/peers/7?limit=3&limit=4"), 400);
    EXPECT_EQ(web.status("/api/v1/nodes/alpha/peers/7?process=1"), 400);
    EXPECT_EQ(web.status("/api/v1/messages/1"), 400);
    EXPECT_EQ(web.status("/api/v1/messages/0000000000c0ffee-999"), 404);
    EXPECT_EQ(web.status("/api/v1/blocks/00"), 400);
    EXPECT_EQ(web.status("/api/v1/%"), 400);
    EXPECT_EQ(web.status("/api/v1/events?as=3"), 400);
}

TEST(Api, ShowsWhereTransactionsOfCompactBlockAreFrom)
{
    TestWeb web;
    const auto tx_message = [&](std::uint32_t wtxid) {
        auto event = web.message(Direction::inbound, 7, "tx");
        auto& tx = *TestWeb::payload(event).mutable_tx();
        tx.set_txid(hash_bytes(1000 + wtxid));
        tx.set_wtxid(hash_bytes(wtxid));
        return event;
    };
    proto::BlockHeader header;
    header.set_hash(hash_bytes(77));
    header.set_previous_block_hash(hash_bytes(76));
    header.set_merkle_root(hash_bytes(75));
    const wire::ShortIds ids{header, 5};
    web.send({tx_message(1)});
    web.now_ns += kSecond;
    auto compact = web.message(Direction::inbound, 8, "cmpctblock");
    auto& block = *TestWeb::payload(compact).mutable_cmpctblock();
    *block.mutable_header() = header;
    block.set_nonce(5);
    for (const auto wtxid : {1, 2, 3, 4})
        block.add_short_ids(ids.of(hash_bytes(static_cast<std::uint32_t>(wtxid))));
    block.set_short_id_count(4);
    block.set_prefilled_count(1);
    block.add_prefilled()->mutable_transaction()->set_wtxid(hash_bytes(9));
    auto request = web.message(Direction::outbound, 8, "getblocktxn");
    TestWeb::payload(request).mutable_getblocktxn()->set_block_hash(hash_bytes(77));
    for (const auto index : {2U, 3U})
        TestWeb::payload(request).mutable_getblocktxn()->add_indexes(index);
    auto answer = web.message(Direction::inbound, 8, "blocktxn");
    TestWeb::payload(answer).mutable_blocktxn()->set_block_hash(hash_bytes(77));
    TestWeb::payload(answer).mutable_blocktxn()->add_transactions()->set_wtxid(hash_bytes(2));
    web.send({compact, request, answer});
    web.now_ns += kSecond;
    web.send({tx_message(4)}); // after the block: the node did not have it
    const auto json = web.get("/api/v1/blocks/" + hash_hex(77))["nodes"][0]["compact_block"];
    std::vector<std::string> by;
    for (const auto& transaction : json["transactions"])
        by.push_back(transaction["by"]);
    EXPECT_THAT(by, ElementsAre("prefilled", "known", "blocktxn", "requested", "unknown"));
    EXPECT_EQ(json["transactions"][1]["wtxid"], hash_hex(1));
    EXPECT_EQ(json["transactions"][1]["short_id"], fmt::format("{:012x}", ids.of(hash_bytes(1))));
    EXPECT_EQ(json["known_count"], 1);
    EXPECT_EQ(json["peer_id"], 8);
}

TEST(Api, NamesParameterThatIsWrong)
{
    const TestWeb web;
    const auto wrong = [&](const std::string& query) -> std::string {
        try {
            (void)web.get_text("/api/v1/events?" + query);
        } catch (const ApiError& error) {
            return Json::parse(error_text(error))["error"].value("parameter", "none");
        }
        return "no error";
    };
    EXPECT_EQ(wrong("select=kind=nonsense"), "select");
    EXPECT_EQ(wrong("select=kind"), "select");
    EXPECT_EQ(wrong("select=kind=message&peer=1"), "select");
    EXPECT_EQ(wrong("kind=nonsense"), "kind");
    EXPECT_EQ(wrong("message_type=muchtoolongforone"), "message_type");
    EXPECT_EQ(wrong("message_type=inv&direction=sideways"), "direction");
    EXPECT_EQ(wrong("peer=x"), "peer");
    EXPECT_EQ(wrong("pid=0"), "pid");
    EXPECT_EQ(wrong("as=1"), "as"); // without --asmap
    EXPECT_EQ(wrong("limit=0"), "limit");
    EXPECT_EQ(wrong("kind=mempool&message_type=inv"), "none"); // together they select nothing
    EXPECT_EQ(wrong("kind=mempool&node=alpha"), "no error");
}

} // namespace
} // namespace peer_observer::web
