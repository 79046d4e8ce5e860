#include "libs/asmap/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peer_observer::asmap {
namespace {

using ::testing::ElementsAre;

TEST(Names, AreFoundByNumber)
{
    const Names names{"# from a registry\n13335\tCLOUDFLARENET\r\n\nAS1\tLVLT-1, the first\n4294967295\tlast"};
    EXPECT_EQ(names.size(), 3U);
    EXPECT_EQ(names.find(13335), "CLOUDFLARENET");
    EXPECT_EQ(names.find(1), "LVLT-1, the first");
    EXPECT_EQ(names.find(4294967295), "last");
    EXPECT_EQ(names.find(2), "");
    EXPECT_EQ(names.bad_lines(), 0U);
    EXPECT_EQ(Names{}.find(1), "");
}

TEST(Names, CountsBadLinesAndKeepsTheOthers)
{
    const Names names{"7\tseven\n13335 CLOUDFLARENET\n0\tnobody\n-1\tminus\n8\t\n9\t\xff\n10\ta\033b\n11\t" +
                      std::string(201, 'x') + "\n7\tagain\n4294967296\ttoo large\n12x\ttwelve\n12\ttwelve\n"};
    EXPECT_EQ(names.size(), 2U);
    EXPECT_EQ(names.find(7), "seven");
    EXPECT_EQ(names.find(12), "twelve");
    EXPECT_EQ(names.bad_lines(), 10U);
    EXPECT_THAT(names.described(), ElementsAre("line 2: no tab between number and name", "line 3: no number of an AS",
                                               "line 4: no number of an AS"));
}

} // namespace
} // namespace peer_observer::asmap
