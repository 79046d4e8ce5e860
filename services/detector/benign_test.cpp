// A day without attacks raises nothing; an attack within it is found, and nothing else.
#include "libs/base/testing/sanitized.h"
#include "services/detector/testing/benign_day.h"
#include "services/detector/testing/lab.h"
#include "services/detector/testing/margins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peer_observer::detector::testing {
namespace {

using ::testing::ElementsAre;

class DayWithSeed : public ::testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, DayWithSeed, ::testing::Range<std::uint64_t>(1, base::testing::kSanitized ? 2 : 4));

TEST_P(DayWithSeed, HasNoAnomaly)
{
    Lab lab;
    lab.settings().threshold("addr_unheard.learn_s") = 3 * 3'600; // a day would leave nothing of the day
    Node node{[&](const auto& batch) { lab.observe(batch); }, "alpha", 1, 100, GetParam()};
    BenignDay{node}.play();
    node.flush();
    lab.finish();
    for (const auto& event : lab.published)
        ADD_FAILURE() << event.ShortDebugString();
    note_margins(lab, "day");
    EXPECT_GT(lab.engine().counters().events, 500'000U);
    EXPECT_GE(node.now(), static_cast<Time>(kStart_s + 86'400) * kSecond);
}

class AttackOnADay : public ::testing::TestWithParam<sim_node::Attack> {};
INSTANTIATE_TEST_SUITE_P(Kinds, AttackOnADay, ::testing::ValuesIn(sim_node::attacks()),
                         [](const auto& attack) { return std::string{attack.param.kind}; });

/// After an hour.
TEST_P(AttackOnADay, IsFoundAmongOrdinaryPeers)
{
    Lab lab;
    Node node{[&](const auto& batch) { lab.observe(batch); }, "alpha", 1, 100};
    BenignDay day{node};
    day.play(60);
    GetParam().play(node.script, 4);
    node.flush();
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre(GetParam().kind));
}

} // namespace
} // namespace peer_observer::detector::testing
