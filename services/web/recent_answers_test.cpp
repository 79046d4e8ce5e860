#include "services/web/recent_answers.h"

#include <gtest/gtest.h>

namespace peer_observer::web {
namespace {

using std::chrono::milliseconds;

constexpr RecentAnswers::Clock::time_point kBegun{std::chrono::hours{1}};

TEST(RecentAnswers, GivesAnswerAgainForAsLongAsItWasExpensive)
{
    RecentAnswers recent;
    const Request request{"/api/v1/nodes"};
    EXPECT_EQ(recent.find(request, kBegun), nullptr);
    const auto made = kBegun + milliseconds{2};
    recent.add(request, "text", kBegun, made);
    ASSERT_NE(recent.find(request, made + milliseconds{399}), nullptr);
    EXPECT_EQ(*recent.find(request, made + milliseconds{399}), "text");
    EXPECT_EQ(recent.find(request, made + milliseconds{400}), nullptr);
    EXPECT_EQ(recent.size(), 0);
}

TEST(RecentAnswers, GivesNoAnswerOlderThanASecond)
{
    RecentAnswers recent;
    const Request request{"/api/v1/nodes"};
    const auto made = kBegun + milliseconds{5000};
    recent.add(request, "text", kBegun, made);
    EXPECT_NE(recent.find(request, made + milliseconds{999}), nullptr);
    EXPECT_EQ(recent.find(request, made + milliseconds{1000}), nullptr);
    // An older one that is still good does not keep it.
    recent.add(Request{"/api/v1/health"}, "older", kBegun, made);
    recent.add(request, "quick", made, made + milliseconds{1});
    EXPECT_EQ(recent.find(request, made + milliseconds{201}), nullptr);
}

TEST(RecentAnswers, KeepsRequestsApart)
{
    RecentAnswers recent;
    const auto made = kBegun + milliseconds{10};
    recent.add(Request{"/api/v1/events?limit=1"}, "one", kBegun, made);
    for (const auto* other : {"/api/v1/events", "/api/v1/events?limit=2", "/api/v1/events?limit=1&limit=1",
                              "/api/v1/event?limit=1", "/api/v1/events/?limit=1&node=a", "/api/v1/nodes?limit=1"})
        EXPECT_EQ(recent.find(Request{other}, made), nullptr) << other;
    ASSERT_NE(recent.find(Request{"/api/v1/events?limit=%31"}, made), nullptr);
    recent.add(Request{"/api/v1/events?limit=1"}, "newer", made, made + milliseconds{10});
    EXPECT_EQ(*recent.find(Request{"/api/v1/events?limit=1"}, made + milliseconds{10}), "newer");
    EXPECT_EQ(recent.size(), 1);
    EXPECT_EQ(recent.bytes(), 5);
}

TEST(RecentAnswers, IsBounded)
{
    RecentAnswers recent;
    const auto made = kBegun + milliseconds{10};
    for (int i = 0; i < 1000; ++i)
        recent.add(Request{"/api/v1/events?limit=" + std::to_string(i)}, std::string(1000, 'a'), kBegun, made);
    EXPECT_EQ(recent.size(), RecentAnswers::kMostAnswers);
    const Request large{"/api/v1/nodes"};
    recent.add(large, std::string(RecentAnswers::kMostBytes - 500, 'a'), kBegun, made);
    EXPECT_EQ(recent.size(), 1);
    recent.add(large, std::string(RecentAnswers::kMostBytes + 1, 'a'), kBegun, made);
    EXPECT_EQ(recent.find(large, made), nullptr);
    EXPECT_EQ(recent.bytes(), 0);
}

} // namespace
} // namespace peer_observer::web
