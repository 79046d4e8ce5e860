#include "libs/base/hex.h"

#include <gtest/gtest.h>

#include <string>

namespace peer_observer::base {
namespace {

const std::string kBytes{"\x00\x1f\xff", 3};

TEST(Hex, ShowsBytesInTheirOrder) { EXPECT_EQ(to_hex(kBytes), "001fff"); }

TEST(Hex, ShowsHashesReversed) { EXPECT_EQ(to_reversed_hex(kBytes), "ff1f00"); }

TEST(Hex, ReadsWhatItWrote) { EXPECT_EQ(from_hex("001fff"), kBytes); }

TEST(Hex, ReadsUpperCase) { EXPECT_EQ(from_hex("001FFF"), kBytes); }

TEST(Hex, RefusesAnOddNumberOfDigitsAndOtherCharacters)
{
    EXPECT_EQ(from_hex("001"), std::nullopt);
    EXPECT_EQ(from_hex("0g"), std::nullopt);
    EXPECT_EQ(from_hex("-1"), std::nullopt);
}

} // namespace
} // namespace peer_observer::base
