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
    EXPECT_EQ(answers["/api/v1/nodes/alpha/peers/7?process=4711.99"],
              web.get("/api/v1/nodes/alpha/peers/7?limit=1000"));
    EXPECT_TRUE(answers.contains("/api/v1/nodes/alpha/peers/8?process=4711.99"));
    EXPECT_EQ(answers["/api/v1/nodes/alpha"]["peers"].size(), 2);
}

TEST(Report, KeepsPeersOfProcessesApart)
{
    TestWeb web;
    auto second = web.ping(Direction::inbound, 7, 2);
    second.set_process_start_ms(100);
    web.send({web.ping(Direction::inbound, 7, 1), second});
    const auto answers = answers_of(report_text(Request{"/api/v1/report"}, web.view(), kPage));
    for (const auto* process : {"4711.99", "4711.100"}) {
        const auto& peer = answers[std::string{"/api/v1/nodes/alpha/peers/7?process="} + process];
        EXPECT_EQ(peer["peer"]["process"], process);
        EXPECT_EQ(peer["conversation"].size(), 1);
    }
}

TEST(Report, SaysWhatItHasAndWhatWasLeftOut)
{
    TestWeb web;
    std::vector<proto::Event> events;
    for (std::uint64_t i = 0; i < 30; ++i)
        events.push_back(web.ping(Direction::inbound, 7, i));
    web.now_ns += kSecond;
    events.push_back(web.opened(8));
    web.send(events);
    const auto answers =
        answers_of(report_text(Request{"/api/v1/report?message_type=ping&limit=10"}, web.view(), kPage));
    const auto& report = answers["/api/v1/report"];
    EXPECT_EQ(report["selection"], "message_type=ping");
    EXPECT_EQ(report["nodes"], Json::array({"alpha"}));
    EXPECT_EQ(report["from_ns"], kStartNs);
    EXPECT_EQ(report["to_ns"], kStartNs + kSecond);
    EXPECT_EQ(report["events"], 31);
    EXPECT_EQ(report["matched_events"], 30);
    EXPECT_EQ(report["selected_events"], 10);
    EXPECT_EQ(report["left_out"]["events"], 20);
    EXPECT_EQ(report["left_out"]["peers"], 0);
    EXPECT_EQ(report["activity"]["kinds"][0]["kind"], "ping");
    EXPECT_EQ(report["activity"]["kinds"][0]["count"], 30);
    EXPECT_EQ(report["activity"]["kinds"][1]["kind"], "connection.inbound");
    EXPECT_EQ(report["peers"][0]["is_selected"], true);
    EXPECT_EQ(report["peers"][1]["is_selected"], false);
}

TEST(Report, HasSelectedMessagesBeforeOthers)
{
    TestWeb web;
    std::vector<proto::Event> events;
    for (std::int64_t peer = 0; peer < 59; ++peer)
        for (std::uint64_t i = 0; i < 100; ++i)
            events.push_back(web.ping(Direction::inbound, peer, i));
    events.push_back(web.pong(Direction::inbound, 59, 1)); // the peer that said least
    web.send(events);
    const auto answers = answers_of(report_text(Request{"/api/v1/report?message_type=pong"}, web.view(), kPage));
    EXPECT_TRUE(answers.contains("/api/v1/messages/0000000000c0ffee-5900"));
    EXPECT_EQ(answers["/api/v1/report"]["left_out"]["messages"], 901);
}

TEST(Activity, KeepsAllEventsWhereStepsBecomeLonger)
{
    Activity activity;
    for (std::uint64_t i = 0; i < 1000; ++i)
        activity.add(kStartNs + i * kSecond, i % 2 == 0 ? "inv" : "tx");
    activity.add(kStartNs - kSecond, "tx");
    std::uint64_t sum = 0;
    for (const auto& [kind, counts] : activity.kinds())
        for (const auto count : counts)
            sum += count;
    EXPECT_EQ(sum, 1001);
    EXPECT_GT(activity.steps(), Activity::kSteps / 2 - 1);
    EXPECT_LE(activity.steps(), Activity::kSteps);
    EXPECT_EQ(activity.start_ns(), kStartNs);
}

TEST(Activity, BoundsKinds)
{
    Activity activity;
    for (int i = 0; i < 1000; ++i)
        activity.add(kStartNs, std::to_string(i));
    EXPECT_EQ(activity.kinds().size(), Activity::kMostKinds + 1);
    EXPECT_EQ(activity.kinds().at("*other*")[0], 1000 - Activity::kMostKinds);
}

TEST(Report, KeepsTextOfPeersInItsPlace)
{
    TestWeb web;
    auto version = web.message(Direction::inbound, 7, "version");
    TestWeb::payload(version).mutable_version()->set_user_agent("</script><script>alert(1)</script>\u2028\u2029<!--\\");
    web.send({version, web.message(Direction::inbound, 7, "<script>")});
    const auto report = report_text(Request{"/api/v1/report"}, web.view(), kPage);
    EXPECT_THAT(report.substr(20), Not(HasSubstr("<script>")));
    EXPECT_EQ(answers_of(report)["/api/v1/nodes/alpha"]["peers"][0]["user_agent"],
              "</script><script>alert(1)</script>\u2028\u2029<!--\\");
    EXPECT_TRUE(std::ranges::all_of(report, [](char c) { return c >= ' ' && c <= '~'; }));
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
