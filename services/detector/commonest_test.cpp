#include "services/detector/commonest.h"

#include <gtest/gtest.h>

namespace peer_observer::detector {
namespace {

constexpr Time kNow = 1'000 * kSecond;
constexpr Time kLength = 120 * kSecond;

TEST(Commonest, AddsUpByGroup)
{
    Commonest<4> groups;
    EXPECT_EQ(groups.add(kNow, kLength, 1, 2), 2);
    EXPECT_EQ(groups.add(kNow, kLength, 2, 5), 5);
    EXPECT_EQ(groups.add(kNow, kLength, 1, 3), 5);
}

TEST(Commonest, ForgetsWhatIsOlderThanWindow)
{
    Commonest<4> groups;
    groups.add(kNow, kLength, 1, 2);
    EXPECT_EQ(groups.add(kNow + 2 * kLength, kLength, 1, 1), 1);
}

/// One in three is of the group, and all others are of groups of their own.
TEST(Commonest, KeepsLargeGroupAmongManySmallOnes)
{
    Commonest<4> groups;
    double of_group = 0;
    for (std::uint64_t i = 0; i < 1'000; ++i) {
        if (i % 2 == 0) of_group = groups.add(kNow, kLength, 1, 1);
        groups.add(kNow, kLength, 1'000 + i, 1);
    }
    EXPECT_GE(of_group, 490);
}

TEST(Commonest, ReplacesSmallestGroup)
{
    Commonest<2> groups;
    groups.add(kNow, kLength, 1, 10);
    groups.add(kNow, kLength, 2, 1);
    groups.add(kNow, kLength, 3, 5);
    EXPECT_EQ(groups.add(kNow, kLength, 1, 1), 11);
    EXPECT_EQ(groups.add(kNow, kLength, 2, 1), 1);
    EXPECT_EQ(groups.add(kNow, kLength, 1, 1), 12);
}

/// What was large once gives its place to what is large now.
TEST(Commonest, ReplacesGroupOfThePast)
{
    Commonest<2> groups;
    groups.add(kNow, kLength, 1, 10);
    const Time later = kNow + 2 * kLength;
    groups.add(later, kLength, 2, 1);
    groups.add(later, kLength, 3, 1);
    EXPECT_EQ(groups.add(later, kLength, 2, 1), 2);
    EXPECT_EQ(groups.add(later, kLength, 3, 1), 2);
}

} // namespace
} // namespace peer_observer::detector
