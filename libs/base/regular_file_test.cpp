#include "libs/base/regular_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace peer_observer::base {
namespace {

class RegularFileTest : public testing::Test {
protected:
    RegularFileTest() { std::filesystem::create_directory(folder_); }
    ~RegularFileTest() override { std::filesystem::remove_all(folder_); }

    std::string path(const std::string& name) const { return folder_ + "/" + name; }
    std::string write(const std::string& text) const
    {
        std::ofstream{path("file"), std::ios::binary} << text;
        return path("file");
    }

private:
    std::string folder_ = testing::TempDir() + "regular_file_test." + std::to_string(getpid());
};

TEST_F(RegularFileTest, ReadsUpToTheLimitAndNotBeyondIt)
{
    const auto file = write(std::string(100'000, 'a'));
    EXPECT_EQ(read_regular_file(file, 100'000), std::string(100'000, 'a'));
    EXPECT_EQ(read_regular_file(file, 99'999).error().number, EFBIG);
    EXPECT_EQ(read_regular_file(write(""), 0), "");
}

TEST_F(RegularFileTest, DoesNotWaitForTheOtherEndOfAFifo)
{
    ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
    EXPECT_EQ(read_regular_file(path("fifo"), 10).error().reason, "not a regular file");
}

TEST_F(RegularFileTest, SaysWhyAFileCannotBeRead)
{
    EXPECT_EQ(read_regular_file(path(""), 10).error().number, EISDIR);
    EXPECT_EQ(read_regular_file(path("none"), 10).error().reason, "No such file or directory");
    EXPECT_EQ(read_regular_file(write("") + "/below", 10).error().number, ENOTDIR);
    EXPECT_EQ(read_regular_file("/dev/null", 10).error().number, EINVAL);
    std::filesystem::create_symlink(path("loop"), path("loop"));
    EXPECT_EQ(read_regular_file(path("loop"), 10).error().number, ELOOP);
}

TEST_F(RegularFileTest, StaysWithTheFileThatItHasOpened)
{
    const auto file = RegularFile::open(write("first"));
    ASSERT_TRUE(file);
    std::filesystem::rename(path("file"), path("old"));
    write("second");
    EXPECT_EQ(file->read(10), "first");
}

} // namespace
} // namespace peer_observer::base
