#include "services/detector/recent_hashes.h"
#include "tests/sim_node/random.h"

#include <gtest/gtest.h>

#include <vector>

namespace peer_observer::detector {
namespace {

constexpr Time kPeriod = 100 * kSecond;
constexpr Time kBegin = 1'000 * kSecond;
using Recent = BasicRecentHashes<4096, kPeriod>;

std::vector<std::uint64_t> random_hashes(std::size_t count, std::uint64_t seed)
{
    sim_node::Random random{seed};
    std::vector<std::uint64_t> result(count);
    for (auto& hash : result)
        hash = random.u64();
    return result;
}

template <typename Hashes>
std::size_t known(const Hashes& recent, const std::vector<std::uint64_t>& hashes)
{
    std::size_t count = 0;
    for (const auto hash : hashes)
        count += recent.contains(hash) ? 1 : 0;
    return count;
}

TEST(RecentHashes, KnowsNothingAtFirst) { EXPECT_FALSE(Recent{}.contains(7)); }

/// Also where there are more than the filters are made for.
TEST(RecentHashes, NeverForgetsWithinGeneration)
{
    Recent recent;
    const auto hashes = random_hashes(5'000, 1);
    for (const auto hash : hashes)
        recent.insert(kBegin, hash);
    EXPECT_EQ(known(recent, hashes), hashes.size());
}

TEST(RecentHashes, RemembersOneGenerationAndForgetsAfterTwo)
{
    Recent recent;
    const auto hashes = random_hashes(20, 1);
    for (const auto hash : hashes)
        recent.insert(kBegin, hash);
    recent.insert(kBegin + kPeriod, 1);
    EXPECT_EQ(known(recent, hashes), hashes.size());
    recent.insert(kBegin + 2 * kPeriod, 2);
    EXPECT_EQ(known(recent, hashes), 0U);
    EXPECT_TRUE(recent.contains(1));
}

TEST(RecentHashes, ForgetsEverythingAfterLongSilence)
{
    Recent recent;
    const auto hashes = random_hashes(20, 1);
    for (const auto hash : hashes)
        recent.insert(kBegin, hash);
    recent.insert(kBegin + 50 * kPeriod, 1);
    EXPECT_EQ(known(recent, hashes), 0U);
}

/// The header promises one in 40 for each filter; a generation that grew has up to three of them.
TEST(RecentHashes, TakesFewOthersForKnown)
{
    BasicRecentHashes<65'536, kPeriod> recent;
    for (const auto hash : random_hashes(8'192, 1))
        recent.insert(kBegin, hash);
    EXPECT_LT(known(recent, random_hashes(10'000, 2)), 10'000U / 40 * 4);
    for (const auto hash : random_hashes(8'192, 3)) // as large as it has to be from the beginning on
        recent.insert(kBegin + 3 * kPeriod, hash);
    EXPECT_LT(known(recent, random_hashes(10'000, 4)), 10'000U / 40 * 4);
}

TEST(RecentHashes, TakesFirstBytesOfText)
{
    Recent recent;
    recent.insert(kBegin, std::string(32, 'a'));
    EXPECT_TRUE(recent.contains(std::string(32, 'a')));
    EXPECT_FALSE(recent.contains(std::string(32, 'b')));
}

} // namespace
} // namespace peer_observer::detector
