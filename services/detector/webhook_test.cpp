#include "services/detector/webhook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <semaphore>
#include <stdexcept>

namespace peer_observer::detector {
namespace {

using namespace std::chrono_literals;

TEST(Webhook, RefusesAUrlOfAnotherSort)
{
    for (const auto* url : {"", "ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1:80"})
        EXPECT_THROW((Webhook{{.url = url}, {}}), std::invalid_argument) << url;
}

/// tests/scenarios/webhook_test.py has a server that answers.
TEST(Webhook, GivesUpAndHasRoomForSoManyOnly)
{
    std::atomic<int> notices = 0;
    Webhook webhook{{.url = "http://127.0.0.1:1/", .first_pause = 1ms, .give_up_after = 20ms, .most_waiting = 5},
                    [&](const std::string& text) {
                        EXPECT_THAT(text, ::testing::StartsWith("webhook: "));
                        ++notices;
                    }};
    for (int i = 0; i < 50; ++i)
        webhook.post("{}");
    ASSERT_TRUE(webhook.drain(30s));
    EXPECT_EQ(webhook.statistics().posted, 0U);
    EXPECT_EQ(webhook.statistics().dropped, 50U);
    EXPECT_GT(notices, 0);
}

TEST(Webhook, TriesAgain)
{
    std::counting_semaphore<> failures{0};
    Webhook webhook{{.url = "http://127.0.0.1:1/", .first_pause = 1ms},
                    [&](const std::string&) { failures.release(); }};
    webhook.post("{}");
    // Each is told before it is counted.
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(failures.try_acquire_for(30s));
    EXPECT_GE(webhook.statistics().retries, 2U);
}

} // namespace
} // namespace peer_observer::detector
