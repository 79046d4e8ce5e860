#include "libs/app/testing/log.h"
#include "services/rpc-extractor/notices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peer_observer::rpc_extractor {
namespace {

using namespace std::chrono_literals;
using ::testing::_;
using ::testing::ElementsAre;

class NoticesTest : public ::testing::Test {
protected:
    app::testing::CapturedLog log_;
    Notices notices_;
    Notices::Clock::time_point now_ = Notices::Clock::time_point{} + 1h;
};

TEST_F(NoticesTest, SayOnceAMinuteThatTheNodeIsGoneWhicheverMethodNoticesIt)
{
    for (int second = 0; second < 3600; ++second) {
        for (const auto* method : {"uptime", "getpeerinfo"})
            notices_.fault(method, {Cause::unreachable, "refused"}, now_ + std::chrono::seconds{second});
    }
    const auto lines = log_.lines();
    ASSERT_EQ(lines.size(), 60U);
    EXPECT_EQ(lines.front(), "node: unreachable: refused");
    EXPECT_EQ(lines.back(), "node: unreachable: refused (119 more such errors since the last line)");
}

TEST_F(NoticesTest, SayOnceThatTheNodeAnswersAndAgainAfterItWasGone)
{
    notices_.success("uptime");
    notices_.success("getpeerinfo");
    EXPECT_THAT(log_.lines(), ElementsAre("the node responds"));
    notices_.fault("uptime", {Cause::warming_up, "loading (-28)"}, now_);
    notices_.success("getpeerinfo");
    notices_.success("uptime");
    EXPECT_THAT(log_.lines(), ElementsAre("the node responds", "node: warming_up: loading (-28)", "the node responds"));
}

TEST_F(NoticesTest, TellMethodsAndCausesApart)
{
    notices_.success("a");
    log_.clear();
    notices_.fault("a", {Cause::timeout, "t"}, now_);
    notices_.fault("b", {Cause::timeout, "t"}, now_);
    notices_.fault("a", {Cause::malformed, "m"}, now_);
    notices_.fault("a", {Cause::malformed, "m"}, now_ + 1s);
    EXPECT_THAT(log_.lines(), ElementsAre("a: timeout: t", "b: timeout: t", "a: malformed: m"));
    notices_.success("a");
    notices_.success("a");
    EXPECT_THAT(log_.lines(), ElementsAre(_, _, _, "a works again"));
}

TEST_F(NoticesTest, StayQuietAboutWhatComesAndGoes)
{
    notices_.success("a");
    for (int i = 0; i < 50; ++i) {
        notices_.fault("a", {Cause::timeout, "t"}, now_ + std::chrono::seconds{i});
        notices_.success("a");
    }
    EXPECT_THAT(log_.lines(), ElementsAre("the node responds", "a: timeout: t", "a works again"));
}

} // namespace
} // namespace peer_observer::rpc_extractor
