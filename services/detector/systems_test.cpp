// By autonomous system: attacks that are spread over many prefixes of one, at both edges; what honest peers of a large
// one do; what reports say.
#include "libs/asmap/asmap_testing.h"
#include "libs/base/testing/sanitized.h"
#include "services/detector/testing/benign_day.h"
#include "services/detector/testing/lab.h"
#include "services/detector/testing/margins.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peer_observer::detector::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kOperator = "AS64500";

/// The operator has 11.0.0.0/8; each other peer is of one of fifty other ASes.
std::shared_ptr<asmap::AutonomousSystems> map_with_operator()
{
    asmap::NetworkList networks = {{"11.0.0.0/8", 64500}};
    for (std::uint32_t i = 0; i < 64; ++i)
        networks.emplace_back(fmt::format("{}.{}.0.0/12", 240 + i / 16, 16 * (i % 16)), 64601 + i);
    return asmap::systems_of(networks, "64500\tLion, Inc.\n");
}

class SpreadAttack : public ::testing::TestWithParam<sim_node::Attack> {
protected:
    void play(double strength)
    {
        play_company(node.script);
        GetParam().play(node.script, strength);
        lab.finish();
    }
    std::set<std::string> subjects() const
    {
        std::set<std::string> result;
        for (const auto& report : lab.opened())
            result.insert(report.subject());
        return result;
    }

    Lab lab;
    Node node{lab};
};

INSTANTIATE_TEST_SUITE_P(Kinds, SpreadAttack, ::testing::ValuesIn(sim_node::spread_attacks()),
                         [](const auto& attack) { return std::string{attack.param.kind}; });

TEST_P(SpreadAttack, IsNotFoundAtHalfTheThreshold)
{
    lab.settings().systems = map_with_operator();
    play(0.5);
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_P(SpreadAttack, IsFoundByItsASAndNothingElseIs)
{
    lab.settings().systems = map_with_operator();
    play(GetParam().kind == "slot_hold" ? 1.2 : 2); // twice the threshold would be the node's own one
    EXPECT_THAT(lab.kinds(), ElementsAre(GetParam().kind));
    if (GetParam().kind == "addr_concentration") {
        EXPECT_THAT(subjects(), ElementsAre("203.0.113.66")); // who announces addresses of one AS
        return;
    }
    ASSERT_THAT(subjects(), ElementsAre(kOperator));
    const auto report = lab.opened().front();
    EXPECT_EQ(report.subject_name(), "Lion, Inc.");
    EXPECT_TRUE(report.description().starts_with("AS64500 (Lion, Inc.) ")) << report.description();
    for (const auto& peer : report.nodes(0).peers())
        EXPECT_EQ(peer.mapped_as(), 64500U);
}

/// No site and no netgroup of it does enough. That many hosts do something is seen, but not whose they are.
TEST_P(SpreadAttack, NamesNobodyWithoutAMap)
{
    play(GetParam().kind == "slot_hold" ? 1.2 : 2);
    for (const auto& subject : subjects())
        EXPECT_EQ(subject, "node alpha");
}

/// The other sign of slot_hold: connections that say nothing.
TEST(SpreadMute, IsFoundByItsAS)
{
    for (const int count : {12, 30}) {
        for (const bool has_map : {false, true}) {
            Lab lab;
            if (has_map) lab.settings().systems = map_with_operator();
            Node node{lab};
            for (int i = 0; i < count; ++i)
                sim_node::Connection{node.script, fmt::format("11.{}.1.1", i)}.shake_hands();
            node.script.wait(700);
            lab.finish();
            EXPECT_EQ(lab.opened().size(), has_map && count == 30 ? 1U : 0U);
            for (const auto& report : lab.opened())
                EXPECT_EQ(report.kind() + " " + report.subject(), "slot_hold AS64500");
        }
    }
}

/// Twenty times its own threshold, from one address of the operator's.
TEST(OneHost, IsNotTakenForItsAS)
{
    Lab lab;
    lab.settings().systems = map_with_operator();
    Node node{lab};
    sim_node::Connection peer{node.script, "11.1.2.3"};
    peer.shake_hands();
    for (int i = 0; i < 2'000; ++i)
        peer.receive("nonsense", node.script.random.bytes(50));
    for (int i = 0; i < 400; ++i) {
        sim_node::Connection one{node.script, fmt::format("11.1.2.{}", i % 250)};
        one.shake_hands().receive("getaddr", {});
        node.script.wait(0.5);
        one.close();
    }
    lab.finish();
    std::set<std::string> subjects;
    for (const auto& report : lab.opened())
        subjects.insert(report.subject());
    EXPECT_THAT(subjects, ElementsAre("11.1.0.0/16", "11.1.2.0/24", "11.1.2.3"));
}

/// An eighth of all addresses is of one hoster (bitcoin/bitcoin#16599 has a thousand of eight thousand nodes): every
/// eighth /16 of those that the simulated day gives to its peers. The others are of two hundred ASes.
std::shared_ptr<asmap::AutonomousSystems> map_with_hoster()
{
    asmap::NetworkList networks;
    for (std::uint32_t i = 0; i < 16 * 256; ++i)
        networks.emplace_back(fmt::format("{}.{}.0.0/16", 240 + i / 256, i % 256),
                              i % 8 == 0 ? 64500 : 64601 + i % 200);
    return asmap::systems_of(networks);
}

TEST(LargeHoster, HasNoAnomalyOnAnOrdinaryDay)
{
    if (base::testing::kSanitized) GTEST_SKIP() << "DayWithSeed and the other tests here reach the same code";
    Lab lab;
    lab.settings().systems = map_with_hoster();
    lab.settings().threshold("addr_unheard.learn_s") = 3 * 3'600;
    Node node{[&](const auto& batch) { lab.observe(batch); }, "alpha", 1, 100};
    BenignDay{node}.play();
    node.flush();
    lab.finish();
    for (const auto& event : lab.published)
        ADD_FAILURE() << event.ShortDebugString();
    note_margins(lab, "day with asmap");
}

/// A node with a thousand inbound slots has three times as many of the hoster as the threshold, and they are an eighth.
TEST(LargeHoster, RaisesNothingForAnEighthOfAThousandPeers)
{
    Lab lab;
    lab.settings().systems = map_with_hoster();
    Node node{lab};
    for (int i = 0; i < 900; ++i) {
        sim_node::Connection{node.script, node.script.distinct_host()}.shake_hands().receive(
            "getheaders", sim_node::payloads::locator({node.script.random.hash()}, {}));
        node.script.wait(20);
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

/// The node is full: each that comes evicts one, for the longest of all hosters' nodes, twelve a minute.
TEST(LargeHoster, RaisesNothingForAQuarterOfTheEvictions)
{
    Lab lab;
    lab.settings().systems = map_with_operator();
    Node node{lab};
    for (int i = 0; i < 4'000; ++i) {
        sim_node::Connection{node.script,
                             i % 4 == 0 ? fmt::format("11.{}.{}.1", i % 200, i % 250) : node.script.distinct_host()}
            .evict();
        node.script.wait(5);
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

/// Half of the hoster's machines go: a data centre has failed.
TEST(LargeHoster, RaisesNothingForADataCentreThatFails)
{
    Lab lab;
    lab.settings().systems = map_with_operator();
    Node node{lab};
    for (int i = 0; i < 70; ++i)
        sim_node::Connection{node.script, node.script.distinct_host()}.shake_hands();
    std::vector<sim_node::Connection> hosted;
    for (int i = 0; i < 30; ++i)
        hosted.emplace_back(node.script, fmt::format("11.{}.1.1", i)).shake_hands();
    node.script.wait(120);
    for (std::size_t i = 0; i < 20; ++i)
        hosted[i].close();
    node.script.wait(300);
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

/// The node shuts down: that is not about the AS of which it had many.
TEST(LargeHoster, IsNotNamedWhereTheNodeLosesAllPeers)
{
    Lab lab;
    lab.settings().systems = map_with_operator();
    Node node{lab};
    std::vector<sim_node::Connection> peers;
    for (int i = 0; i < 60; ++i)
        peers.emplace_back(node.script, i % 2 == 0 ? fmt::format("11.{}.1.1", i) : node.script.distinct_host())
            .shake_hands();
    node.script.wait(120);
    for (auto& peer : peers)
        peer.close();
    node.script.wait(120);
    lab.finish();
    ASSERT_EQ(lab.opened().size(), 1U);
    EXPECT_EQ(lab.opened()[0].subject(), "node alpha");
}

/// Of a node that has no asmap of its own, and of one that says by itself what it maps.
TEST(PeerList, IsCountedByAS)
{
    for (const bool node_maps : {false, true}) {
        Lab lab;
        if (!node_maps) lab.settings().systems = map_with_operator();
        Node node{lab};
        for (const int peers : {19, 45}) {
            proto::Event event;
            auto& list = *event.mutable_rpc()->mutable_getpeerinfo();
            for (int i = 0; i < peers; ++i) {
                auto& peer = *list.add_peers();
                peer.set_id(i);
                peer.set_addr(fmt::format("11.{}.0.1:8333", i));
                peer.set_inbound(true);
                if (node_maps) peer.set_mapped_as(64500);
            }
            node.add(event);
            lab.finish();
            EXPECT_EQ(lab.opened().size(), peers > 38 ? 1U : 0U);
        }
        ASSERT_EQ(lab.opened().size(), 1U);
        EXPECT_EQ(lab.opened()[0].subject(), kOperator);
        EXPECT_EQ(lab.opened()[0].kind(), "sybil");
    }
}

} // namespace
} // namespace peer_observer::detector::testing
