#include "services/archive-reader/inputs.h"

#include <gtest/gtest.h>

namespace peer_observer::archive_reader {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

TEST(Times, AreReadAsPeopleWriteThem)
{
    EXPECT_EQ(parse_time("2026-11-22T23:37:34Z"), 1'795'390'654 * kSecond);
    EXPECT_EQ(parse_time("2026-11-22T23:37:34"), 1'795'390'654 * kSecond);
    EXPECT_EQ(parse_time("2026-11-22T23:37:34.25Z"), 1'795'390'654 * kSecond + kSecond / 4);
    EXPECT_EQ(parse_time("2026-11-22"), 1'795'305'600 * kSecond);
    EXPECT_EQ(parse_time("1795390654"), 1'795'390'654 * kSecond);
    EXPECT_EQ(parse_time("1795390654.000000001"), 1'795'390'654 * kSecond + 1);
    EXPECT_EQ(parse_time(format_time(1'795'390'654'123'456'789)), 1'795'390'654'123'456'789U);
}

TEST(Times, RefuseInvalidOnes)
{
    for (const char* text : {"", "noon", "2026-13-01", "2026-11-22T", "2026-11-22T25:00:00Z", "2026-11-22 10:00",
                             "1.5e9", "-1", "1795390654.x", "18446744074", "1795390654,5", "1969-12-31"})
        EXPECT_FALSE(parse_time(text)) << text;
}

TEST(Text, EscapesTextOfFilesForTerminals) { EXPECT_EQ(printable("inv\x1b[2J\xff\\"), "inv\\x1B[2J\\xFF\\x5C"); }

} // namespace
} // namespace peer_observer::archive_reader
