#include "services/addr-connectivity/fair_queue.h"

#include <gtest/gtest.h>

#include <map>

namespace peer_observer::addr_connectivity {
namespace {

Address address(int number)
{
    return to_address("1.2." + std::to_string(number / 256) + "." + std::to_string(number % 256), 8333).value();
}

TEST(FairQueue, LetsAnnouncersTakeTurns)
{
    FairQueue queue{100};
    for (int i = 0; i < 10; ++i)
        queue.push("flood", address(i));
    queue.push("a", address(100));
    queue.push("b", address(200));
    std::string order;
    while (const auto item = queue.pop())
        order += item->announcer + " ";
    EXPECT_EQ(order, "flood a b flood flood flood flood flood flood flood flood flood ");
    EXPECT_EQ(queue.size(), 0U);
    EXPECT_EQ(queue.lanes(), 0U);
}

TEST(FairQueue, KeepsTheOrderOfALane)
{
    FairQueue queue{100};
    for (int i = 0; i < 5; ++i)
        queue.push("a", address(i));
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(queue.pop()->address, address(i));
}

TEST(FairQueue, TakesFromTheLongestLaneWhereThereIsNoRoom)
{
    FairQueue queue{10};
    for (int i = 0; i < 10; ++i)
        EXPECT_EQ(queue.push("flood", address(i)), std::nullopt);
    EXPECT_EQ(queue.push("flood", address(50)), address(50)) << "its own newest";
    EXPECT_EQ(queue.push("quiet", address(60)), address(9));
    EXPECT_EQ(queue.size(), 10U);
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(queue.push("quiet", address(61 + i)), address(8 - i));
    EXPECT_EQ(queue.push("quiet", address(70)), address(70)) << "both have five";
    EXPECT_EQ(queue.size(), 10U);
}

TEST(FairQueue, TakesBackWhatCannotBeUsedYet)
{
    FairQueue queue{10};
    queue.push("a", address(1));
    queue.push("a", address(2));
    auto item = queue.pop();
    queue.put_back(*item);
    EXPECT_EQ(queue.pop()->address, address(2));
    EXPECT_EQ(queue.pop()->address, address(1));
    EXPECT_FALSE(queue.pop());
}

} // namespace
} // namespace peer_observer::addr_connectivity
