#include "libs/web/web_testing.h"
#include "libs/wire/short_ids.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

namespace peer_observer::web {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

proto::Event version_of(const TestWeb& web, std::int64_t peer_id, const std::string& user_agent)
{
    auto event = web.message(Direction::inbound, peer_id, "version");
    auto& version = *TestWeb::payload(event).mutable_version();
    version.set_version(70016);
    version.set_services(9);
    version.set_user_agent(user_agent);
    version.mutable_receiver()->set_address("192.0.2.99");
    return event;
}

proto::Event anomaly_of(const TestWeb& web)
{
    proto::Event event;
    event.set_timestamp_ns(web.now_ns);
    auto& report = *event.mutable_anomaly()->mutable_opened();
    report.set_anomaly_id(0xabc);
    report.set_kind("addr_flood");
    report.set_subject("203.0.113.7");
    report.set_description("203.0.113.7 floods");
    auto& node = *report.add_nodes();
    node.set_node("alpha");
    node.set_pid(4711);
    node.set_process_start_ms(99);
    auto& peer = *node.add_peers();
    peer.set_peer_id(7);
    peer.set_address(TestWeb::address_of(7));
    auto& evidence = *node.add_evidence();
    evidence.set_publisher_id(0xc0ffee);
    evidence.set_sequence(1);
    return event;
}

/// A node of which every path has something to tell.
struct Filled : TestWeb {
    Filled()
    {
        auto addr = message(Direction::inbound, 7, "addrv2");
        auto& announced = *payload(addr).mutable_addrv2()->add_addresses();
        announced.set_network(proto::Address::IPV4);
        announced.set_address("198.51.100.23");
        proto::Event check;
        check.set_timestamp_ns(now_ns);
        auto& checked = *check.mutable_addr_connectivity()->mutable_address_checked();
        checked.mutable_address()->set_address("198.51.100.23");
        checked.mutable_address()->set_network(proto::Address::IPV4);
        checked.set_result(proto::AddressChecked::OK);
        checked.set_reason("/Secret:1/ at 198.51.100.23");
        auto block = event();
        block.mutable_validation()->mutable_block_connected()->set_hash(hash_bytes(5));
        block.mutable_validation()->mutable_block_connected()->set_height(77);
        now_ns += 7;
        send({opened(7), version_of(*this, 7, "/Secret:1/"), addr, ping(Direction::outbound, 7, 5),
              inv(Direction::inbound, 7, proto::InventoryItem::BLOCK, hash_bytes(5)), block,
              inv(Direction::inbound, 7, proto::InventoryItem::WTX, hash_bytes(6)), opened(8), closed(8)});
        send({check}, "checker", 3);
        send({anomaly_of(*this)}, "detector", 4);
    }

    /// Every path that there is, with something to tell. A path of a new kind needs an example here.
    static std::string target(std::string_view path)
    {
        static const std::map<std::string, std::string, std::less<>> kExamples = {
            {"{node}", "alpha"},
            {"{peer_id}", "7"},
            {"{id}", "0000000000c0ffee-1"},
            {"{anomaly_id}", "0000000000000abc"},
            {"blocks/{hash}", "blocks/" + hash_hex(5)},
            {"transactions/{hash}", "transactions/" + hash_hex(6)}};
        std::string text{path};
        for (const auto& [placeholder, example] : kExamples)
            if (const auto place = text.find(placeholder); place != text.npos)
                text.replace(place, placeholder.size(), example);
        return "/api/v1/" + text;
    }
    static std::vector<std::string> targets()
    {
        std::vector<std::string> all;
        std::ranges::transform(paths(), std::back_inserter(all), target);
        return all;
    }
};

TEST(Api, AnswersEveryPath)
{
    const Filled web;
    for (const auto& target : web.targets()) {
        const auto json = web.get(target);
        EXPECT_EQ(json["time_ns"], web.now_ns) << target;
        EXPECT_GT(json.size(), 1) << target;
    }
}

TEST(Api, TellsNothingOfPeersToThePublic)
{
    Filled web;
    std::vector<std::string_view> shown;
    for (const auto path : paths()) {
        const auto target = Filled::target(path);
        web.access = Access::full;
        const auto whole = web.get_text(target);
        web.access = Access::open_to_all;
        if (web.status(target) == 403) continue;
        shown.push_back(path);
        const auto text = web.get_text(target);
        for (const auto* secret : {"203.0.113", "198.51.100", "192.0.2.99", "Secret", "4711", "c0ffee", "10007"})
            EXPECT_THAT(text, Not(HasSubstr(secret))) << target;
        // The exact moment of a connection would tell its peer which node this is.
        EXPECT_THAT(text, Not(HasSubstr(std::to_string(web.now_ns)))) << target;
        EXPECT_THAT(text, Not(HasSubstr(std::to_string(kStartNs)))) << target;
    }
    // Which these are, somebody has to decide.
    EXPECT_THAT(shown, ElementsAre("about", "nodes", "nodes/{node}", "blocks", "blocks/{hash}", "health"));
}

TEST(Api, ShowsNoTraceOfPeersToThePublic)
{
    Filled web;
    web.access = Access::open_to_all;
    const auto all = [&] {
        std::string text;
        for (const auto& target : web.targets())
            if (web.status(target) == 200) text += web.get_text(target);
        return text;
    };
    const auto before = all();
    // What a peer does in order to find out whether this node is watched.
    for (std::int64_t peer = 20; peer < 40; ++peer)
        web.send({web.opened(peer), web.inv(Direction::inbound, peer, proto::InventoryItem::BLOCK, hash_bytes(99)),
                  web.inv(Direction::inbound, peer, proto::InventoryItem::WTX, hash_bytes(98))});
    auto addr = web.message(Direction::inbound, 20, "addrv2");
    TestWeb::payload(addr).mutable_addrv2()->add_addresses()->set_network(proto::Address::CJDNS);
    web.send({addr, version_of(web, 20, "/me/")});
    // More blocks than are kept.
    for (std::uint32_t i = 0; i < 2 * kMaxBlocks; ++i)
        web.send({web.inv(Direction::inbound, 21, proto::InventoryItem::BLOCK, hash_bytes(1000 + i))});
    EXPECT_EQ(all(), before);
    const auto latest = "/api/v1/blocks/" + hash_hex(999 + 2 * kMaxBlocks);
    EXPECT_EQ(web.status(latest), 404);
    web.access = Access::full;
    EXPECT_EQ(web.status(latest), 200);
}

TEST(Api, FindsSecretsOfTheFullAnswers)
{
    const Filled web;
    std::string all;
    for (const auto& target : web.targets())
        all += web.get_text(target);
    // Or the test before this one could not fail.
    for (const auto* secret : {"203.0.113", "198.51.100", "192.0.2.99", "Secret", "4711", "c0ffee", "10007"})
        EXPECT_THAT(all, HasSubstr(secret));
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
