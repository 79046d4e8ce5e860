// Files that another program wrote after docs/archive-format.md.
#include "libs/archive/archive_testing.h"

#include <gmock/gmock.h>

namespace peer_observer::archive {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Found read_seed(const std::string& name) { return read_all(std::string{CORPUS} + name); }

TEST(Corpus, ReadsClosedFile)
{
    const auto found = read_seed("closed");
    EXPECT_THAT(found.problems, IsEmpty());
    EXPECT_THAT(found.sequences, ElementsAre(0, 1, 2, 3, 6, 7, 8, 9));
    ASSERT_EQ(found.gaps.size(), 1U);
    EXPECT_EQ(found.gaps[0].first_sequence(), 4U);
}

TEST(Corpus, ReportsDamageAndReadsTheRest)
{
    EXPECT_THAT(read_seed("no_index").problems, ElementsAre(HasSubstr("239: there is no index")));
    EXPECT_EQ(read_seed("no_index").events.size(), 8U);
    EXPECT_THAT(read_seed("no_header").problems,
                ElementsAre(HasSubstr("0: there is no header"), HasSubstr("the index tells frames where none can be")));
    EXPECT_EQ(read_seed("no_header").events.size(), 8U);
    EXPECT_EQ(read_seed("torn").events.size(), 4U);
    EXPECT_EQ(read_seed("damaged_frame").events.size(), 4U);
    EXPECT_THAT(read_seed("damaged_frame").problems, ElementsAre(HasSubstr("does not decompress")));
}

TEST(Corpus, SkipsForeignFrames)
{
    EXPECT_EQ(read_seed("foreign").events.size(), 4U);
    EXPECT_THAT(read_seed("foreign").problems, ElementsAre(HasSubstr("there is no index")));
}

} // namespace
} // namespace peer_observer::archive
