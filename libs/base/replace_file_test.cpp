#include "libs/base/replace_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace peer_observer::base {
namespace {

class ReplaceFileTest : public testing::Test {
protected:
    ReplaceFileTest() { std::filesystem::create_directory(folder_); }
    ~ReplaceFileTest() override { std::filesystem::remove_all(folder_); }

    std::string path(const std::string& name) const { return folder_ + "/" + name; }
    std::size_t files() const
    {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{folder_}, {}));
    }

private:
    std::string folder_ = testing::TempDir() + "replace_file_test." + std::to_string(getpid());
};

TEST_F(ReplaceFileTest, ReplacesTheWholeTextAndLeavesNoOtherFile)
{
    for (const auto what : {Outlives::process, Outlives::power_loss}) {
        EXPECT_FALSE(replace_file(path("file"), std::string(100'000, 'a'), what));
        EXPECT_FALSE(replace_file(path("file"), "b", what));
        EXPECT_EQ(read_regular_file(path("file"), 100'000), "b");
        EXPECT_EQ(files(), 1U);
    }
}

TEST_F(ReplaceFileTest, LeavesTheOldTextWhereTheNewOneCannotBeWritten)
{
    ASSERT_FALSE(replace_file(path("file"), "old", Outlives::power_loss));
    std::filesystem::create_symlink("/dev/full", path("file.new"));
    EXPECT_EQ(replace_file(path("file"), "new", Outlives::process)->number, ELOOP); // a link is not followed
    std::filesystem::remove(path("file.new"));
    std::filesystem::create_directory(path("file.new"));
    EXPECT_EQ(replace_file(path("file"), "new", Outlives::process)->reason, "Is a directory");
    EXPECT_EQ(read_regular_file(path("file"), 10), "old");
    EXPECT_EQ(replace_file(path("none/file"), "new", Outlives::power_loss)->number, ENOENT);
}

} // namespace
} // namespace peer_observer::base
