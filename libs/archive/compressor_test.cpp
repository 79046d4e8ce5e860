#include "libs/archive/compressor.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <random>

namespace peer_observer::archive {
namespace {

/// Words that repeat, some of them far away: what a high level makes much smaller than a low one.
std::string some_text()
{
    std::mt19937 random{3};
    std::string text;
    while (text.size() < std::size_t{1} << 20U)
        text += std::to_string(random() % 5000) + ' ';
    return text;
}

std::string decompress(const std::string& frame)
{
    std::string content(ZSTD_getFrameContentSize(frame.data(), frame.size()), '\0');
    EXPECT_EQ(ZSTD_decompress(content.data(), content.size(), frame.data(), frame.size()), content.size());
    return content;
}

TEST(ACompressor, GivesTheSameFrameOnAThread)
{
    const auto text = some_text();
    EXPECT_EQ(Compressor(3, 1).compress(text).get(), Compressor{3}.compress(text).get());
}

TEST(ACompressor, GivesUpSizeForSpeedWhileFramesWait)
{
    const auto text = some_text();
    std::vector<std::string> texts(3, text);
    Compressor compressor{kMaxLevel, 1}; // takes so long for the first that the others are there before it ends
    std::vector<std::future<std::string>> frames;
    for (auto& each : texts)
        frames.push_back(compressor.compress(std::move(each)));
    const auto first = frames[0].get();
    const auto second = frames[1].get();
    EXPECT_EQ(decompress(first), text);
    EXPECT_EQ(decompress(second), text);
    EXPECT_GT(second.size(), first.size());
}

TEST(ACompressor, RefusesOtherLevels)
{
    EXPECT_THROW(Compressor{0}, std::invalid_argument);
    EXPECT_THROW(Compressor{20}, std::invalid_argument);
}

} // namespace
} // namespace peer_observer::archive
