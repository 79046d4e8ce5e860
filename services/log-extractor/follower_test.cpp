// On real files.
#include "services/log-extractor/follower.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace peer_observer::log_extractor {
namespace {

namespace fs = std::filesystem;

const std::string kLong(300, 'x'); // more than the context that is remembered

class LogFollower : public ::testing::Test {
protected:
    LogFollower()
    {
        std::string name = (fs::temp_directory_path() / "log-extractor-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
        folder_ = name;
    }
    ~LogFollower() override { fs::remove_all(folder_); }

    std::string path() const { return (folder_ / "debug.log").string(); }
    void write(const std::string& text, const std::string& name = "debug.log") const
    {
        std::ofstream{folder_ / name, std::ios::app} << text;
    }
    void replace_content(const std::string& text) const { std::ofstream{path(), std::ios::trunc} << text; }

    Follower follow(Start start = Start::beginning, std::optional<Position> saved = {}) const
    {
        return Follower{path(), start, std::move(saved)};
    }

    /// Everything that is to be had; `|` where a new text begins.
    static std::string read_all(Follower& follower)
    {
        std::string all;
        while (true) {
            const auto chunk = follower.read();
            if (chunk.is_new_text) all += '|';
            if (chunk.bytes.empty()) return all;
            all += chunk.bytes;
        }
    }

    fs::path folder_;
};

TEST_F(LogFollower, ReadsWhatIsAppended)
{
    write("one\n");
    auto follower = follow();
    EXPECT_EQ(read_all(follower), "one\n");
    EXPECT_EQ(read_all(follower), "");
    write("two\nhalf");
    EXPECT_EQ(read_all(follower), "two\nhalf");
    write(" a line\n");
    EXPECT_EQ(read_all(follower), " a line\n");
    EXPECT_EQ(follower.offset(), fs::file_size(path()));
}

TEST_F(LogFollower, BeginsWithTheNextLineWhereItIsNotToldOtherwise)
{
    write("one\ntwo\nhalf");
    auto follower = follow(Start::end);
    EXPECT_EQ(follower.before_start(), "one\ntwo\n");
    EXPECT_EQ(read_all(follower), "half");
    write(" a line\n");
    EXPECT_EQ(read_all(follower), " a line\n");
}

TEST_F(LogFollower, ReadsAFileThatComesLaterFromItsBeginning)
{
    auto follower = follow(Start::end);
    EXPECT_FALSE(follower.is_open());
    EXPECT_EQ(read_all(follower), "");
    write("one\n");
    EXPECT_EQ(read_all(follower), "one\n");
    EXPECT_TRUE(follower.is_open());
}

TEST_F(LogFollower, ReadsTheOldFileToItsEndWhenItIsRenamed)
{
    write("one\n");
    auto follower = follow();
    EXPECT_EQ(read_all(follower), "one\n");
    fs::rename(path(), folder_ / "debug.log.1");
    write("two\n", "debug.log.1"); // the node has it open still
    EXPECT_EQ(read_all(follower), "two\n") << "for a while there is no file";
    write("three\n", "debug.log.1");
    write("four\n");
    EXPECT_EQ(read_all(follower), "three\n|four\n");
    EXPECT_EQ(follower.rotations(), 1);
}

TEST_F(LogFollower, StaysAtTheOldFileWhileTheNewOneIsEmpty)
{
    write("one\n");
    auto follower = follow();
    EXPECT_EQ(read_all(follower), "one\n");
    fs::rename(path(), folder_ / "debug.log.1");
    write(""); // logrotate's `create`
    EXPECT_EQ(read_all(follower), "");
    write("two\n", "debug.log.1");
    EXPECT_EQ(read_all(follower), "two\n");
    write("three\n");
    EXPECT_EQ(read_all(follower), "|three\n");
}

TEST_F(LogFollower, ReadsAFileThatWasTruncatedFromItsBeginning)
{
    write("one\n" + kLong + "\n");
    auto follower = follow();
    (void)read_all(follower);
    replace_content("");
    EXPECT_EQ(read_all(follower), "|");
    write("two\n");
    EXPECT_EQ(read_all(follower), "two\n");
    EXPECT_EQ(follower.truncations(), 1);
}

TEST_F(LogFollower, NoticesThatAFileWasTruncatedAndHasGrownSince)
{
    write("one\n");
    auto follower = follow();
    EXPECT_EQ(read_all(follower), "one\n");
    const std::string text = "other text, and much more than there was\n";
    replace_content(text);
    EXPECT_EQ(read_all(follower), "|" + text);
}

TEST_F(LogFollower, ContinuesInAFileThatWasCutAtItsFront)
{
    write("first\n" + kLong + "\nlast\n");
    auto follower = follow();
    (void)read_all(follower);
    replace_content(kLong.substr(5) + "\nlast\nnew\n"); // -shrinkdebugfile
    EXPECT_EQ(read_all(follower), "|new\n");
}

TEST_F(LogFollower, ContinuesWhereItStopped)
{
    write("one\ntwo\n");
    auto first = follow();
    (void)read_all(first);
    const auto saved = first.position(4);
    ASSERT_TRUE(saved);
    write("three\n");
    auto second = follow(Start::end, saved);
    EXPECT_EQ(read_all(second), "two\nthree\n");
}

TEST_F(LogFollower, ContinuesInAFileThatWasRenamedWhileItWasNotRunning)
{
    write("one\ntwo\n");
    auto first = follow();
    (void)read_all(first);
    const auto saved = first.position(4);
    fs::rename(path(), folder_ / "debug.log.1");
    write("three\n", "debug.log.1");
    write("four\n");
    auto second = follow(Start::end, saved);
    EXPECT_EQ(read_all(second), "two\nthree\n|four\n");
}

TEST_F(LogFollower, BeginsAFileFromItsBeginningWhoseTextIsAnother)
{
    write("one\ntwo\n");
    auto first = follow();
    (void)read_all(first);
    const auto saved = first.position(first.offset());
    replace_content("six\nseven\neight\n"); // the same inode
    auto second = follow(Start::end, saved);
    EXPECT_EQ(read_all(second), "six\nseven\neight\n");
}

TEST_F(LogFollower, ContinuesInAFileThatWasCutAtItsFrontWhileItWasNotRunning)
{
    write("first\n" + kLong + "\nlast\n");
    auto first = follow();
    (void)read_all(first);
    const auto saved = first.position(first.offset());
    replace_content(kLong.substr(5) + "\nlast\nnew\n");
    auto second = follow(Start::end, saved);
    EXPECT_EQ(read_all(second), "new\n");
}

TEST_F(LogFollower, KeepsBytesOfEveryValue)
{
    std::string bytes;
    for (int i = 0; i < 256; ++i)
        bytes += static_cast<char>(i);
    write(bytes);
    auto follower = follow();
    EXPECT_EQ(read_all(follower), bytes);
}

TEST_F(LogFollower, ReadsAFifo)
{
    ASSERT_EQ(mkfifo(path().c_str(), 0600), 0);
    auto follower = follow(Start::end);
    EXPECT_EQ(read_all(follower), "") << "nobody writes";
    for (const std::string text : {"one\n", "two\n"}) { // the second by another process
        const base::Descriptor writer{open(path().c_str(), O_WRONLY | O_NONBLOCK)};
        ASSERT_TRUE(writer);
        ASSERT_EQ(::write(writer.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
        EXPECT_EQ(read_all(follower), text);
    }
    EXPECT_FALSE(follower.has_ended());
    EXPECT_FALSE(follower.position(0));
}

TEST_F(LogFollower, RefusesWhatIsNeitherAFileNorAFifo)
{
    fs::create_directory(path());
    EXPECT_THROW(follow(), std::runtime_error);
}

TEST_F(LogFollower, WakesUpWhenALineIsWritten)
{
    write("one\n");
    auto follower = follow();
    (void)read_all(follower);
    write("two\n");
    follower.wait(std::chrono::minutes{10}, -1); // returns at once
    EXPECT_EQ(read_all(follower), "two\n");
    fs::rename(path(), folder_ / "debug.log.1");
    write("three\n");
    follower.wait(std::chrono::minutes{10}, -1);
    EXPECT_EQ(read_all(follower), "|three\n");
}

TEST(LogPosition, IsReadAsItWasWritten)
{
    const Position position{.inode = 42,
                            .offset = 1000,
                            .context = std::string{"a\0\n\xff", 4},
                            .thread_names = PrefixParser::ThreadNames::on};
    const auto read = parse_position(to_text(position));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->inode, position.inode);
    EXPECT_EQ(read->offset, position.offset);
    EXPECT_EQ(read->context, position.context);
    EXPECT_EQ(read->thread_names, position.thread_names);
}

TEST(LogPosition, IsRefusedWhereItIsDamaged)
{
    const auto text = to_text({.inode = 42, .offset = 1000, .context = "abc"});
    for (std::size_t size = 0; size < text.size(); ++size)
        EXPECT_FALSE(parse_position(text.substr(0, size))) << size;
    EXPECT_FALSE(parse_position(text + "x"));
    EXPECT_FALSE(parse_position(to_text({.offset = 2, .context = "abc"}))) << "more before a place than there is";
    EXPECT_FALSE(parse_position("peer-observer log position 1\ninode -1\noffset 0\nthread_names on\ncontext \n"));
}

} // namespace
} // namespace peer_observer::log_extractor
