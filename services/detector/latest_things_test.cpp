#include "services/detector/latest_things.h"

#include <gtest/gtest.h>

namespace peer_observer::detector {
namespace {

TEST(LatestThings, SaysWhetherThingWasThere)
{
    LatestThings<64> things;
    EXPECT_FALSE(things.contains(7));
    EXPECT_FALSE(things.insert(7));
    EXPECT_TRUE(things.insert(7));
    EXPECT_TRUE(things.contains(7));
    EXPECT_FALSE(things.contains(8));
}

/// The 33rd is where the list becomes a table.
TEST(LatestThings, KeepsAllThatHavePlacesOfTheirOwn)
{
    LatestThings<64> things;
    for (std::uint64_t thing = 100; thing < 164; ++thing) {
        EXPECT_FALSE(things.insert(thing));
        for (std::uint64_t earlier = 100; earlier <= thing; ++earlier)
            ASSERT_TRUE(things.contains(earlier)) << earlier << " after " << thing;
    }
}

TEST(LatestThings, ForgetsOlderThingInSamePlace)
{
    LatestThings<64> things;
    for (std::uint64_t thing = 1; thing <= 64; ++thing)
        things.insert(thing);
    EXPECT_FALSE(things.insert(1 + 64));
    EXPECT_FALSE(things.contains(1));
    EXPECT_TRUE(things.contains(2));
    EXPECT_TRUE(things.contains(1 + 64));
}

TEST(LatestThings, NeverTakesOneThingForAnother)
{
    LatestThings<64> things;
    for (std::uint64_t thing = 1; thing <= 10'000; ++thing)
        ASSERT_FALSE(things.insert(thing)) << thing;
}

} // namespace
} // namespace peer_observer::detector
