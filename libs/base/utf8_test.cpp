#include "libs/base/utf8.h"

#include <gtest/gtest.h>

namespace peer_observer::base {
namespace {

const std::string kReplaced = "\xef\xbf\xbd";

TEST(Utf8, IsKeptAsItIs)
{
    for (const std::string text : {"", "ascii", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                                   "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
                                   "a\xe2\x82\xac"
                                   "b"}) {
        EXPECT_TRUE(is_utf8(text));
        EXPECT_EQ(to_utf8(text), text);
    }
    EXPECT_TRUE(is_utf8(std::string_view("\0\xc3\xbc\0", 4)));
}

TEST(Utf8, ReplacesEachInvalidByte)
{
    for (const std::string bytes :
         {"\x80", "\xff", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xc3", "\xf0\x9f\x98"}) {
        EXPECT_FALSE(is_utf8(bytes));
        std::string expected;
        for (std::size_t i = 0; i < bytes.size(); ++i)
            expected += kReplaced;
        EXPECT_EQ(to_utf8(bytes), expected);
        EXPECT_EQ(to_utf8("a" + bytes + "\xc3\xbc"), "a" + expected + "\xc3\xbc");
    }
}

} // namespace
} // namespace peer_observer::base
