// A day without attacks raises nothing; an attack within it is found, and nothing else.
#include "libs/asmap/asmap_testing.h"
#include "services/detector/testing/benign_day.h"
#include "services/detector/testing/lab.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <utility>

namespace peer_observer::detector::testing {
namespace {

using ::testing::ElementsAre;

/// For the table of the documentation: lines of JSON to the file that SCENARIO_RESULTS names.
void note_margins(Lab& lab, const char* where)
{
    const char* path = std::getenv("SCENARIO_RESULTS"); // NOLINT(concurrency-mt-unsafe): one thread
    if (path == nullptr) return;
    std::ofstream file{path, std::ios::app};
    const auto kinds = all_detectors();
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
        file << fmt::format("{{\"where\": \"{}\", \"kind\": \"{}\", \"highest\": {}}}\n", where, kinds[kind]->kind,
                            lab.engine().counters().kinds[kind].highest.load());
}

/// Of 64 ASes. One has an eighth of the addresses, as the largest hoster of the reachable nodes
/// (bitcoin/bitcoin#16599), in prefixes all over the place.
std::shared_ptr<asmap::AutonomousSystems> map_with_hoster()
{
    asmap::NetworkList networks;
    const auto add = [&](const std::string& network) {
        const auto number = static_cast<std::uint32_t>(networks.size());
        networks.emplace_back(network, number % 8 == 0 ? 64500 : 64501 + number % 63);
    };
    for (unsigned first = 0; first < 256; ++first) // peers are of the last 16, and follow each other there
        for (unsigned second = 0; second < 256; second += first < 240 ? 16 : 1)
            add(fmt::format("{}.{}.0.0/{}", first, second, first < 240 ? 12 : 16));
    return asmap::systems_of(networks, "64500\tHoster\n");
}

class DayWithSeed : public ::testing::TestWithParam<std::uint64_t> {
protected:
    void play(std::shared_ptr<asmap::AutonomousSystems> systems, const char* where)
    {
        Lab lab;
        lab.settings().threshold("addr_unheard.learn_s") = 3 * 3'600; // a day would leave nothing of the day
        lab.settings().systems = std::move(systems);
        Node node{[&](const auto& batch) { lab.observe(batch); }, "alpha", 1, 100, GetParam()};
        BenignDay{node}.play();
        node.flush();
        lab.finish();
        for (const auto& event : lab.published)
            ADD_FAILURE() << event.ShortDebugString();
        note_margins(lab, where);
        EXPECT_GT(lab.engine().counters().events, 500'000U);
        EXPECT_GE(node.now(), static_cast<Time>(kStart_s + 86'400) * kSecond);
    }
};
INSTANTIATE_TEST_SUITE_P(Seeds, DayWithSeed, ::testing::Values(1, 2, 3));

TEST_P(DayWithSeed, HasNoAnomaly) { play(nullptr, "day"); }

TEST_P(DayWithSeed, HasNoAnomalyWithAsmap) { play(map_with_hoster(), "day with asmap"); }

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
