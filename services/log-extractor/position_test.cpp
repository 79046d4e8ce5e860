#include "services/log-extractor/position.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace peer_observer::log_extractor {
namespace {

const Position kPosition{
    .inode = 7, .offset = 1'000, .context = "line\n\xff", .thread_names = PrefixParser::ThreadNames::on};

class PositionTest : public testing::Test {
protected:
    PositionTest() { std::filesystem::create_directory(folder_); }
    ~PositionTest() override { std::filesystem::remove_all(folder_); }

    std::string path() const { return folder_ + "/position"; }
    void write(const std::string& text) const { std::ofstream{path(), std::ios::binary} << text; }

private:
    std::string folder_ = testing::TempDir() + "position_test." + std::to_string(getpid());
};

TEST_F(PositionTest, IsReadAsItWasSaved)
{
    EXPECT_FALSE(PositionFile{path()}.saved());
    PositionFile{path()}.save(kPosition);
    const auto saved = PositionFile{path()}.saved();
    ASSERT_TRUE(saved);
    EXPECT_EQ(saved->inode, 7U);
    EXPECT_EQ(saved->offset, 1'000U);
    EXPECT_EQ(saved->context, kPosition.context);
    EXPECT_EQ(saved->thread_names, PrefixParser::ThreadNames::on);
}

TEST_F(PositionTest, IsNotReadWhereAnyByteIsMissing)
{
    const auto text = to_text(kPosition);
    ASSERT_TRUE(parse_position(text));
    for (std::size_t size = 0; size < text.size(); ++size)
        EXPECT_FALSE(parse_position(text.substr(0, size))) << size;
    EXPECT_FALSE(parse_position(text + "\n"));
    auto short_file = kPosition; // more context than there are bytes before the position
    short_file.offset = 1;
    EXPECT_FALSE(parse_position(to_text(short_file)));
}

TEST_F(PositionTest, StartsAnewWhereTheFileIsDamaged)
{
    write("peer-observer log position 1\ninode");
    PositionFile file{path()};
    EXPECT_FALSE(file.saved());
    file.save(kPosition);
    EXPECT_TRUE(PositionFile{path()}.saved());
}

TEST_F(PositionTest, IsSavedAgainWhereThatFailedBefore)
{
    std::filesystem::create_directory(path() + ".new");
    PositionFile file{path()};
    file.save(kPosition);
    EXPECT_FALSE(std::filesystem::exists(path()));
    std::filesystem::remove(path() + ".new");
    file.save(kPosition); // the same, which is not known to be saved
    EXPECT_TRUE(PositionFile{path()}.saved());
}

TEST_F(PositionTest, IsRefusedWhereTheFileCannotBeRead)
{
    std::filesystem::create_directory(path());
    EXPECT_THROW(PositionFile{path()}, std::runtime_error);
}

} // namespace
} // namespace peer_observer::log_extractor
