#include "libs/web/api/report.h"
#include "libs/web/web_testing.h"

namespace peer_observer::web {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kPage = "<head></head><script type=\"application/json\">@ANSWERS@</script>";

Json answers_of(const std::string& report)
{
    const auto begin = kPage.find("@ANSWERS@");
    const auto behind = kPage.size() - begin - 9;
    return Json::parse(report.substr(begin, report.size() - begin - behind))["answers"];
}

TEST(Report, HasWhatIsSelectedAndItsPeers)
{
    TestWeb web;
    web.send({web.ping(Direction::outbound, 7, 5), web.opened(8)});
    web.now_ns += 9;
    web.send({web.pong(Direction::inbound, 7, 5)});
    const auto answers = answers_of(report_text(Request{"/api/v1/report?message_type=pong"}, web.view(), kPage));
    EXPECT_EQ(answers["/api/v1/about"]["mode"], "report");
    ASSERT_EQ(answers["/api/v1/events"]["events"].size(), 1);
    const auto& message = answers["/api/v1/messages/0000000000c0ffee-2"];
    EXPECT_EQ(message["answers"]["id"], "0000000000c0ffee-0");
    // The same as the API says.
    EXPECT_EQ(message["event"], web.get("/api/v1/messages/0000000000c0ffee-2")["event"]);
    EXPECT_EQ(answers["/api/v1/nodes/alpha/peers/7"], web.get("/api/v1/nodes/alpha/peers/7?limit=1000"));
    EXPECT_TRUE(answers.contains("/api/v1/nodes/alpha/peers/8"));
    EXPECT_EQ(answers["/api/v1/nodes/alpha"]["peers"].size(), 2);
}

TEST(Report, KeepsTextOfPeersInItsPlace)
{
    TestWeb web;
    auto version = web.message(Direction::inbound, 7, "version");
    TestWeb::payload(version).mutable_version()->set_user_agent("</script><script>alert(1)</script>");
    web.send({version, web.message(Direction::inbound, 7, "<script>")});
    const auto report = report_text(Request{"/api/v1/report"}, web.view(), kPage);
    EXPECT_THAT(report.substr(20), Not(HasSubstr("<script>")));
    EXPECT_EQ(answers_of(report)["/api/v1/nodes/alpha"]["peers"][0]["user_agent"],
              "</script><script>alert(1)</script>");
}

TEST(Report, IsBounded)
{
    TestWeb web;
    std::vector<proto::Event> events;
    for (std::int64_t peer = 0; peer < 200; ++peer)
        for (std::uint64_t i = 0; i < 100; ++i)
            events.push_back(web.ping(Direction::inbound, peer, i));
    web.send(events);
    const auto answers = answers_of(report_text(Request{"/api/v1/report"}, web.view(), kPage));
    std::size_t messages = 0;
    std::size_t peers = 0;
    for (const auto& [path, answer] : answers.items()) {
        messages += path.starts_with("/api/v1/messages/") ? 1 : 0;
        peers += path.contains("/peers/") ? 1 : 0;
    }
    EXPECT_EQ(peers, 60);
    EXPECT_EQ(messages, 5000);
}

TEST(Report, HasPageOfItsProgram) { EXPECT_THAT(std::string{report_page()}, HasSubstr("@ANSWERS@")); }

TEST(Report, IsRefusedToThePublic)
{
    TestWeb web;
    web.access = Access::open_to_all;
    EXPECT_EQ(web.status("/api/v1/report"), 403);
}

} // namespace
} // namespace peer_observer::web
