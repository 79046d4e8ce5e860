#include "services/metrics/series/bounded_counters.h"
#include "services/metrics/testing/metrics_testing.h"

#include <map>

namespace peer_observer::metrics::testing {
namespace {

class BoundedCountersTest : public ::testing::Test {
protected:
    /// By value of the label.
    std::map<std::string, double> values(const std::string& family, const std::string& label)
    {
        std::map<std::string, double> found;
        for (const auto& collected : registry.collectable()->Collect()) {
            if (collected.name != family) continue;
            for (const auto& metric : collected.metric)
                for (const auto& [name, value] : metric.label)
                    if (name == label) found[value] += metric.counter.value;
        }
        return found;
    }

    Registry registry;
    NodeRegistry node{registry, "alpha"};
    BoundedCounters counters{node, metric("p2p_version_useragent")};
};

TEST_F(BoundedCountersTest, KeepsTwoHundredValuesAndOther)
{
    for (int round = 0; round < 3; ++round)
        for (int i = 0; i < 1000; ++i)
            counters.increment("agent" + std::to_string(i));
    const auto found = values("peerobserver_p2p_version_useragent", "useragent");
    EXPECT_EQ(found.size(), kMaxLabelValues + 1);
    double sum = 0;
    for (const auto& [name, count] : found)
        sum += count;
    EXPECT_EQ(sum, 3000);
    EXPECT_EQ(found.at("other"), 3000 - static_cast<double>(kMaxLabelValues));
    EXPECT_EQ(values("peerobserver_label_values_folded_total", "label").at("useragent"), 2800);
}

TEST_F(BoundedCountersTest, FoldsTheLeastRecentlySeen)
{
    counters.increment("old");
    counters.increment("seen again");
    for (std::size_t i = 0; i < kMaxLabelValues - 2; ++i)
        counters.increment(std::to_string(i));
    counters.increment("seen again");
    counters.increment("new");
    const auto found = values("peerobserver_p2p_version_useragent", "useragent");
    EXPECT_FALSE(found.contains("old"));
    EXPECT_EQ(found.at("seen again"), 2);
    EXPECT_EQ(found.at("other"), 1);
}

TEST_F(BoundedCountersTest, KeepsWhatAPeerCallsOtherApart)
{
    counters.increment("other");
    for (std::size_t i = 0; i < kMaxLabelValues; ++i)
        counters.increment(std::to_string(i));
    counters.increment("other");
    const auto found = values("peerobserver_p2p_version_useragent", "useragent");
    EXPECT_EQ(found.at("other"), 2); // "other" was folded, then "0"
    EXPECT_EQ(found.at("\\x6fther"), 1);
}

TEST_F(BoundedCountersTest, WritesEscapesThatCannotBeTyped)
{
    counters.increment("/\xff/");
    counters.increment("/\\xff/");
    counters.increment("\\x6fther");
    counters.increment("\\");
    EXPECT_EQ(values("peerobserver_p2p_version_useragent", "useragent"),
              (std::map<std::string, double>{{"/\\xff/", 1}, {"/\\x5cxff/", 1}, {"\\x5cx6fther", 1}, {"\\x5c", 1}}));
}

TEST_F(BoundedCountersTest, StartsOtherAtZero)
{
    EXPECT_FALSE(values("peerobserver_p2p_version_useragent", "useragent").contains("other"));
    counters.start_at_zero();
    EXPECT_EQ(values("peerobserver_p2p_version_useragent", "useragent").at("other"), 0);
}

TEST_F(BoundedCountersTest, EscapesBytesAndCutsLongValues)
{
    counters.increment(std::string_view{"\0\x1b\xc3\xa9", 4});
    counters.increment(std::string(1000, 'a'));
    counters.increment(std::string(300, 'a'));
    counters.increment("");
    EXPECT_EQ(values("peerobserver_p2p_version_useragent", "useragent"),
              (std::map<std::string, double>{{"\\x00\\x1b\\xc3\\xa9", 1}, {std::string(256, 'a'), 2}, {"", 1}}));
}

TEST_F(BoundedCountersTest, BoundsPairsTogether)
{
    BoundedCounters pairs{node, metric("p2p_reject_message")};
    for (int command = 0; command < 30; ++command)
        for (int reason = 0; reason < 30; ++reason)
            pairs.at("c" + std::to_string(command), "r" + std::to_string(reason))[0].Increment();
    std::size_t series = 0;
    for (const auto& collected : registry.collectable()->Collect())
        if (collected.name == "peerobserver_p2p_reject_message") series = collected.metric.size();
    EXPECT_EQ(series, kMaxLabelValues + 1);
    EXPECT_EQ(values("peerobserver_p2p_reject_message", "rejectcommand").at("other"), 700);
    EXPECT_EQ(values("peerobserver_p2p_reject_message", "rejectreason").at("other"), 700);
}

} // namespace
} // namespace peer_observer::metrics::testing
