#include "services/log-extractor/assembler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace peer_observer::log_extractor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kTime = "2026-01-02T03:04:05Z ";

struct Emitted {
    std::string raw;
    std::uint64_t offset;
    std::uint64_t full_bytes;
    bool is_continuation;
};

class LogAssembler : public ::testing::Test {
protected:
    void feed(const std::string& bytes)
    {
        assembler_.feed(bytes, offset_);
        offset_ += bytes.size();
    }

    std::vector<std::string> raw() const
    {
        std::vector<std::string> all;
        for (const auto& message : emitted_)
            all.push_back(message.raw);
        return all;
    }

    std::uint64_t offset_ = 0;
    std::vector<Emitted> emitted_;
    Assembler assembler_{[this](const Message& message) {
        emitted_.push_back({std::string{message.raw}, message.offset, message.full_bytes, message.is_continuation});
    }};
};

TEST_F(LogAssembler, EmitsALineWhenTheNextOneBegins)
{
    feed(kTime + "a\n");
    EXPECT_THAT(raw(), IsEmpty());
    feed(kTime + "b\n");
    EXPECT_THAT(raw(), ElementsAre(kTime + "a"));
    assembler_.flush();
    EXPECT_THAT(raw(), ElementsAre(kTime + "a", kTime + "b"));
    EXPECT_EQ(emitted_[1].offset, kTime.size() + 2);
}

TEST_F(LogAssembler, WaitsForTheEndOfHalfALine)
{
    for (const char byte : kTime + "half a line")
        feed(std::string(1, byte));
    assembler_.flush();
    EXPECT_THAT(raw(), IsEmpty());
    EXPECT_EQ(assembler_.emitted_to(offset_), 0);
    feed(" and the rest\n");
    assembler_.flush();
    EXPECT_THAT(raw(), ElementsAre(kTime + "half a line and the rest"));
    EXPECT_EQ(assembler_.emitted_to(offset_), offset_);
}

TEST_F(LogAssembler, JoinsMessagesOfSeveralLines)
{
    feed(kTime + "[w] CommitTransaction:\nCTransaction(hash=1)\n    CTxIn()\n\n    CTxOut()\n" + kTime + "next\n");
    EXPECT_THAT(raw(),
                ElementsAre(kTime + "[w] CommitTransaction:\nCTransaction(hash=1)\n    CTxIn()\n\n    CTxOut()"));
    EXPECT_EQ(emitted_[0].full_bytes, emitted_[0].raw.size());
}

TEST_F(LogAssembler, LeavesOutBlankLinesBetweenMessages)
{
    feed(kTime + "Shutdown done\n\n\n\n\n\n" + kTime + "Bitcoin Core version v31.0.0\n");
    assembler_.flush();
    EXPECT_THAT(raw(), ElementsAre(kTime + "Shutdown done", kTime + "Bitcoin Core version v31.0.0"));
}

TEST_F(LogAssembler, SaysWhatFollowsAMessageThatWasEmitted)
{
    feed(kTime + "a\n");
    assembler_.flush();
    feed("more of a\n");
    assembler_.flush();
    EXPECT_THAT(raw(), ElementsAre(kTime + "a", "more of a"));
    EXPECT_FALSE(emitted_[0].is_continuation);
    EXPECT_TRUE(emitted_[1].is_continuation);
}

TEST_F(LogAssembler, TakesEachLineForAMessageWhereThereAreNoTimes)
{
    feed("[init] a\n[init] b\n");
    assembler_.flush();
    EXPECT_THAT(raw(), ElementsAre("[init] a", "[init] b"));
    EXPECT_FALSE(emitted_[1].is_continuation);
}

TEST_F(LogAssembler, NoticesARunWithoutTimesBehindOneWithTimes)
{
    feed(kTime + "Shutdown done\n\n\n\n\n\n[init] Bitcoin Core version v31.0.0\n[init] b\n");
    assembler_.flush();
    EXPECT_THAT(raw(), ElementsAre(kTime + "Shutdown done", "[init] Bitcoin Core version v31.0.0", "[init] b"));
}

TEST_F(LogAssembler, CutsALineOfTenMegabytesAndSaysSo)
{
    const std::string line = kTime + std::string(10'000'000, 'x');
    feed(line.substr(0, 5'000'000));
    feed(line.substr(5'000'000) + "\n" + kTime + "next\n");
    assembler_.flush();
    ASSERT_EQ(emitted_.size(), 2);
    EXPECT_EQ(emitted_[0].raw, line.substr(0, kMaxMessageBytes));
    EXPECT_EQ(emitted_[0].full_bytes, line.size());
    EXPECT_EQ(emitted_[1].raw, kTime + "next");
    EXPECT_EQ(emitted_[1].offset, line.size() + 1);
}

TEST_F(LogAssembler, CutsAMessageOfTooManyLinesAndSaysSo)
{
    std::string text = kTime + "a";
    for (int i = 0; i < 300'000; ++i)
        text += "\n    line";
    feed(text + "\n");
    assembler_.flush();
    ASSERT_EQ(emitted_.size(), 1);
    EXPECT_EQ(emitted_[0].raw, text.substr(0, kMaxMessageBytes));
    EXPECT_EQ(emitted_[0].full_bytes, text.size());
}

TEST_F(LogAssembler, KeepsBytesThatAreNotUtf8)
{
    const std::string line = kTime + "\xff\xfe" + std::string(1, '\0') + "\x80";
    feed(line + "\n");
    assembler_.flush();
    EXPECT_THAT(raw(), ElementsAre(line));
}

TEST_F(LogAssembler, EmitsHalfALineOnlyAtTheEnd)
{
    feed(kTime + "a\n" + kTime + "cut");
    assembler_.finish();
    EXPECT_THAT(raw(), ElementsAre(kTime + "a", kTime + "cut"));
}

} // namespace
} // namespace peer_observer::log_extractor
