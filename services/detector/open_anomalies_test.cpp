#include "services/detector/open_anomalies.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace peer_observer::detector {
namespace {

using ::testing::Each;
using ::testing::Field;
using ::testing::SizeIs;
using Severity = proto::AnomalyReport;

OpenAnomaly anomaly(AnomalySeverity severity, Time opened, std::string subject, std::string_view kind = "sybil",
                    std::string node = "alpha")
{
    return {kind, severity, std::move(node), std::move(subject), {}, opened};
}

std::vector<OpenAnomaly> many(int count, AnomalySeverity severity, Time opened, std::string_view kind = "sybil")
{
    std::vector<OpenAnomaly> result;
    for (int i = 0; i < count; ++i)
        result.push_back(anomaly(severity, opened, fmt::format("198.51.{}.0/24", i), kind));
    return result;
}

TEST(OpenAnomalies, ListsSubjectsButNotOfThoseThatRaiseNoAlert)
{
    const auto found =
        summarize({anomaly(Severity::INFO, 1, "203.0.113.1", "fake_client"),
                   anomaly(Severity::WARNING, 2, "203.0.113.2"), anomaly(Severity::CRITICAL, 3, "203.0.113.3")});
    ASSERT_THAT(found.listed, SizeIs(2));
    EXPECT_EQ(found.listed[0].subject, "203.0.113.3");
    EXPECT_EQ(found.listed[1].subject, "203.0.113.2");
    ASSERT_THAT(found.counts, SizeIs(3));
    for (const auto& of_kind : found.counts) {
        EXPECT_EQ(of_kind.count, 1U);
        EXPECT_EQ(of_kind.listed, of_kind.severity == Severity::INFO ? 0U : 1U);
    }
}

TEST(OpenAnomalies, ListsSoManyOfAKindAndCountsTheRest)
{
    auto open = many(200, Severity::WARNING, 5);
    open.push_back(anomaly(Severity::WARNING, 1, "the oldest"));
    open.push_back(anomaly(Severity::WARNING, 9, "of another node", "sybil", "beta"));
    open.push_back(anomaly(Severity::WARNING, 9, "of another kind", "ping_flood"));
    const auto found = summarize(std::move(open));
    ASSERT_THAT(found.listed, SizeIs(kMostListedOfOneKind + 2));
    EXPECT_EQ(found.listed[0].subject, "the oldest");
    ASSERT_THAT(found.counts, SizeIs(3));
    EXPECT_EQ(found.counts[1].kind, "sybil");
    EXPECT_EQ(found.counts[1].count, 201U);
    EXPECT_EQ(found.counts[1].listed, kMostListedOfOneKind);
}

TEST(OpenAnomalies, GivesThePlacesToTheMostSevere)
{
    static constexpr std::array<std::string_view, 9> kKinds = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    std::vector<OpenAnomaly> open;
    for (const auto kind : kKinds)
        std::ranges::move(many(20, Severity::WARNING, 1, kind), std::back_inserter(open));
    EXPECT_THAT(summarize(open).listed, SizeIs(kMostListed));
    open.push_back(anomaly(Severity::CRITICAL, 2, "203.0.113.3"));
    const auto found = summarize(std::move(open));
    ASSERT_THAT(found.listed, SizeIs(kMostListed));
    EXPECT_EQ(found.listed[0].subject, "203.0.113.3");
}

TEST(OpenAnomalies, KeepsThoseThatAreListedWhileOthersCome)
{
    auto open = many(16, Severity::WARNING, 1);
    std::ranges::move(many(100, Severity::WARNING, 2), std::back_inserter(open));
    EXPECT_THAT(summarize(std::move(open)).listed, Each(Field(&OpenAnomaly::opened, 1U)));
}

TEST(OpenAnomalies, ListsASubjectOnceAndShortensWhatIsTooLong)
{
    const std::string longest(5'000, 'x');
    const auto found =
        summarize({anomaly(Severity::WARNING, 1, "peer 3 of alpha"), anomaly(Severity::WARNING, 2, "peer 3 of alpha"),
                   anomaly(Severity::WARNING, 3, longest + "a"), anomaly(Severity::WARNING, 4, longest + "b")});
    ASSERT_THAT(found.listed, SizeIs(2)) << "two samples with the same labels are a page that Prometheus refuses";
    EXPECT_EQ(found.listed[1].subject.size(), 100U);
    ASSERT_THAT(found.counts, SizeIs(1));
    EXPECT_EQ(found.counts[0].count, 4U);
    EXPECT_EQ(found.counts[0].listed, 4U);
}

} // namespace
} // namespace peer_observer::detector
