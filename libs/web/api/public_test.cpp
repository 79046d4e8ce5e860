// That every path answers, and what it tells to the public.
#include "libs/web/api/api_testing.h"

namespace peer_observer::web {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

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

} // namespace
} // namespace peer_observer::web
