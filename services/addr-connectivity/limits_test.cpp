#include "libs/asmap/asmap_testing.h"
#include "services/addr-connectivity/limits.h"

#include <gtest/gtest.h>

namespace peer_observer::addr_connectivity {
namespace {

using namespace std::chrono_literals;
using Verdict = TargetLimits::Verdict;

const Clock::time_point kStart{1000h};

Address address(const std::string& text) { return *parse_address(text); }

TEST(WindowLimit, CountsAnySpanOfItsLength)
{
    WindowLimit limit{2, 10s, 1000};
    limit.add("a", kStart);
    limit.add("a", kStart + 9s);
    EXPECT_FALSE(limit.allows("a", kStart + 9s));
    EXPECT_TRUE(limit.allows("b", kStart + 9s));
    EXPECT_TRUE(limit.allows("a", kStart + 10s));
    limit.add("a", kStart + 10s);
    EXPECT_FALSE(limit.allows("a", kStart + 18s)); // 9 and 10
    EXPECT_TRUE(limit.allows("a", kStart + 19s));
    EXPECT_EQ(limit.entries(), 1U);
}

TEST(WindowLimit, HasABound)
{
    WindowLimit limit{1, 1h, 3};
    for (const auto* key : {"a", "b", "c", "d"})
        limit.add(key, kStart);
    EXPECT_EQ(limit.entries(), 3U);
    EXPECT_TRUE(limit.allows("a", kStart));
    EXPECT_FALSE(limit.allows("b", kStart));
}

TEST(TargetLimits, GiveAHostItsChecksOnWhateverPorts)
{
    TargetLimits limits{{.span = 1h, .per_host = 2}};
    for (const auto* text : {"1.2.3.4:1", "1.2.3.4:2"}) {
        EXPECT_EQ(limits.verdict(address(text), kStart), Verdict::now);
        limits.started(address(text), kStart);
        limits.ended(address(text));
    }
    EXPECT_EQ(limits.verdict(address("1.2.3.4:3"), kStart + 59min), Verdict::no);
    EXPECT_EQ(limits.verdict(address("1.2.3.5:3"), kStart + 59min), Verdict::now);
    EXPECT_EQ(limits.verdict(address("1.2.3.4:3"), kStart + 60min), Verdict::now);
}

TEST(TargetLimits, TakeAnIpv6SlashSixtyFourForAHost)
{
    TargetLimits limits{{.span = 1h, .per_host = 1}};
    limits.started(address("[2a00:1:2:3::1]:1"), kStart);
    limits.ended(address("[2a00:1:2:3::1]:1"));
    EXPECT_EQ(limits.verdict(address("[2a00:1:2:3:ffff::2]:2"), kStart), Verdict::no);
    EXPECT_EQ(limits.verdict(address("[2a00:1:2:4::1]:1"), kStart), Verdict::now);
}

TEST(TargetLimits, LetOneCheckOfAHostGoOnAtATime)
{
    TargetLimits limits{{}};
    limits.started(address("1.2.3.4:1"), kStart);
    EXPECT_EQ(limits.verdict(address("1.2.3.4:2"), kStart), Verdict::later);
    limits.ended(address("1.2.3.4:1"));
    EXPECT_EQ(limits.verdict(address("1.2.3.4:2"), kStart), Verdict::now);
}

TEST(TargetLimits, LimitNetgroups)
{
    TargetLimits limits{{.span = 1h, .per_netgroup = 4, .netgroup_in_flight = 2}};
    const auto begin = [&](const std::string& text) { limits.started(address(text), kStart); };
    begin("1.2.0.1:1");
    begin("1.2.255.2:1");
    EXPECT_EQ(limits.verdict(address("1.2.3.3:1"), kStart), Verdict::later);
    EXPECT_EQ(limits.verdict(address("1.3.3.3:1"), kStart), Verdict::now);
    limits.ended(address("1.2.0.1:1"));
    limits.ended(address("1.2.255.2:1"));
    begin("1.2.3.3:1");
    begin("1.2.3.4:1");
    limits.ended(address("1.2.3.3:1"));
    limits.ended(address("1.2.3.4:1"));
    EXPECT_EQ(limits.verdict(address("1.2.3.5:1"), kStart + 59min), Verdict::no);
    EXPECT_EQ(limits.verdict(address("1.2.3.5:1"), kStart + 60min), Verdict::now);
}

/// Each of another netgroup.
TEST(TargetLimits, LimitAutonomousSystems)
{
    const auto systems = asmap::systems_of({{"11.0.0.0/8", 64500}, {"2a00::/16", 64500}, {"12.0.0.0/8", 64501}});
    TargetLimits limits{{.span = 1h, .per_as = 4, .as_in_flight = 2}, systems.get()};
    const auto begin = [&](const std::string& text) { limits.started(address(text), kStart); };
    begin("11.1.0.1:1");
    begin("[2a00:1::1]:1");
    EXPECT_EQ(limits.verdict(address("11.3.3.3:1"), kStart), Verdict::later);
    EXPECT_EQ(limits.verdict(address("12.3.3.3:1"), kStart), Verdict::now);
    EXPECT_EQ(limits.verdict(address("13.3.3.3:1"), kStart), Verdict::now); // none
    limits.ended(address("11.1.0.1:1"));
    limits.ended(address("[2a00:1::1]:1"));
    begin("11.4.0.1:1");
    limits.ended(address("11.4.0.1:1"));
    limits.remember(address("11.5.0.1:1"), kStart);
    EXPECT_EQ(limits.verdict(address("11.6.0.1:1"), kStart + 59min), Verdict::no);
    EXPECT_EQ(limits.verdict(address("12.6.0.1:1"), kStart + 59min), Verdict::now);
    EXPECT_EQ(limits.verdict(address("11.6.0.1:1"), kStart + 60min), Verdict::now);
}

/// Checks that are going on end in the AS in which they began.
TEST(TargetLimits, KeepTheirCountsWhenTheAsmapChanges)
{
    auto systems = asmap::systems_of({{"11.0.0.0/8", 64500}});
    TargetLimits limits{{.as_in_flight = 1}, systems.get()};
    limits.started(address("11.1.0.1:1"), kStart);
    *systems = *asmap::systems_of({{"11.0.0.0/8", 64501}});
    limits.started(address("11.2.0.1:1"), kStart);
    EXPECT_EQ(limits.verdict(address("11.3.0.1:1"), kStart), Verdict::later);
    limits.ended(address("11.1.0.1:1"));
    EXPECT_EQ(limits.verdict(address("11.3.0.1:1"), kStart), Verdict::later);
    limits.ended(address("11.2.0.1:1"));
    EXPECT_EQ(limits.verdict(address("11.3.0.1:1"), kStart), Verdict::now);
}

TEST(TargetLimits, LimitWhatGoesOnAltogether)
{
    TargetLimits limits{{.in_flight = 2, .per_second = 1000}};
    auto now = kStart;
    for (int i = 0; i < 2; ++i, now += 1s) {
        EXPECT_TRUE(limits.any_may_start(now));
        limits.started(address(std::to_string(i + 1) + ".2.3.4:1"), now);
    }
    EXPECT_FALSE(limits.any_may_start(now));
    limits.ended(address("1.2.3.4:1"));
    EXPECT_TRUE(limits.any_may_start(now));
}

TEST(TargetLimits, LimitTheRateInEverySecondAndSpreadIt)
{
    TargetLimits limits{{.in_flight = 1'000'000, .per_second = 20}};
    std::vector<Clock::time_point> starts;
    for (auto now = kStart; now < kStart + 10s; now += 1ms) {
        if (!limits.any_may_start(now)) continue;
        limits.started(address("1.2.3.4:1"), now);
        starts.push_back(now);
    }
    EXPECT_EQ(starts.size(), 200U);
    for (std::size_t i = 20; i < starts.size(); ++i)
        EXPECT_GE(starts[i] - starts[i - 20], 1s);
    for (std::size_t i = 2; i < starts.size(); ++i)
        EXPECT_GE(starts[i] - starts[i - 2], 50ms);
}

TEST(TargetLimits, RememberChecksOfAnEarlierProcess)
{
    TargetLimits limits{{.span = 1h, .per_host = 1}};
    limits.remember(address("1.2.3.4:1"), kStart - 30min);
    EXPECT_EQ(limits.verdict(address("1.2.3.4:1"), kStart), Verdict::no);
    EXPECT_EQ(limits.verdict(address("1.2.3.4:1"), kStart + 30min), Verdict::now);
    EXPECT_EQ(limits.in_flight(), 0U);
}

} // namespace
} // namespace peer_observer::addr_connectivity
