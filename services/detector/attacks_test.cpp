// Every kind of anomaly at both edges: half of the threshold is not found, twice is, and nothing else is.
#include "services/detector/testing/lab.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peer_observer::detector::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EveryAttack : public ::testing::TestWithParam<sim_node::Attack> {
protected:
    void play(double strength)
    {
        play_company(node.script);
        begin = node.now();
        GetParam().play(node.script, strength);
        lab.finish();
    }

    Lab lab;
    Node node{lab};
    Time begin = 0;
};

INSTANTIATE_TEST_SUITE_P(Kinds, EveryAttack, ::testing::ValuesIn(sim_node::attacks()),
                         [](const auto& attack) { return std::string{attack.param.kind}; });

TEST_P(EveryAttack, IsNotFoundAtHalfTheThreshold)
{
    play(0.5);
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_P(EveryAttack, IsFoundAtTwiceTheThresholdAndNothingElseIs)
{
    play(2);
    EXPECT_THAT(lab.kinds(), ElementsAre(GetParam().kind));
    ASSERT_EQ(lab.opened().size(), 1U);
    const auto report = lab.opened().front();
    EXPECT_GE(report.first_ns(), begin);
    EXPECT_GE(report.last_ns(), report.first_ns());
    EXPECT_TRUE(report.description().starts_with(report.subject()));
    EXPECT_GT(report.confidence_percent(), 0U);
    ASSERT_EQ(report.nodes_size(), 1);
    const auto& at = report.nodes(0);
    EXPECT_EQ(at.node(), "alpha");
    ASSERT_GT(at.figures_size(), 0);
    EXPECT_GE(at.figures(0).value(), at.figures(0).threshold());
    ASSERT_GT(at.evidence_size(), 0);
    EXPECT_EQ(at.evidence(0).publisher_id(), 1U);
}

TEST_P(EveryAttack, IsOverSomeTimeAfterItsEnd)
{
    play(2);
    EXPECT_EQ(lab.closed(), 0U);
    node.script.wait(7'200); // the longest window is an hour
    lab.finish();
    EXPECT_EQ(lab.closed(), 1U);
    const auto& closed = lab.published.back().anomaly().closed();
    EXPECT_EQ(closed.anomaly_id(), lab.opened().front().anomaly_id());
    EXPECT_GE(closed.last_ns(), closed.first_ns());
}

TEST_P(EveryAttack, IsNotFoundWhereItsDetectorIsDisabled)
{
    const auto kinds = all_detectors();
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
        if (kinds[kind]->kind == GetParam().kind) lab.settings().enabled[kind] = 0;
    play(2);
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST(Attacks, HaveOneOfEachKind)
{
    std::vector<std::string_view> kinds;
    for (const Definition* detector : all_detectors())
        if (detector->kind != "addr_dead") kinds.push_back(detector->kind); // no probe says that a node does not answer
    std::vector<std::string_view> played;
    for (const auto& attack : sim_node::attacks())
        played.push_back(attack.kind);
    EXPECT_THAT(played, ::testing::UnorderedElementsAreArray(kinds));
}

} // namespace
} // namespace peer_observer::detector::testing
