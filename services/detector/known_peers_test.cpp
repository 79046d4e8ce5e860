#include "services/detector/testing/robustness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peer_observer::detector::testing {
namespace {

class WithKnownPeers : public Robustness {};

TEST_F(WithKnownPeers, LeavesOutOrMarksKnownPeers)
{
    lab.settings().known_peers = app::KnownPeers{"leave-out 203.0.113.66 ours\nmark 203.0.114.0/24 KIT\n"};
    const auto flood = [&](const char* host) {
        sim_node::Connection peer{script, host};
        peer.shake_hands().receive("addrv2", addresses(script, 60));
    };
    flood(kHost);
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
    flood("203.0.114.1");
    flood("203.0.115.1");
    lab.finish();
    ASSERT_THAT(lab.opened(), SizeIs(2));
    EXPECT_EQ(lab.opened()[0].known_as(), "KIT");
    EXPECT_EQ(lab.opened()[1].known_as(), "");
}

TEST_F(WithKnownPeers, AppliesChangedListFromTheNextEventOn)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands().receive("addrv2", addresses(script, 15));
    Settings changed;
    changed.known_peers = app::KnownPeers{"leave-out 203.0.113.66 ours\n"};
    lab.settings().assign(changed);
    peer.receive("addrv2", addresses(script, 60));
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(WithKnownPeers, AddsTextsOfPeerAndRuleToAnomaly)
{
    sim_node::Connection{script, kHost}.shake_hands({.user_agent = "/first:1/"}).close();
    Node other{lab, "beta", 2};
    other.set_clock(node.now());
    sim_node::Connection{other.script, kHost}.shake_hands();
    sim_node::Connection peer{script, kHost};
    peer.shake_hands({.user_agent = "/second:2/", .services = 9}).receive("addrv2", addresses(script, 60));
    lab.finish();
    ASSERT_THAT(lab.opened(), SizeIs(1));
    const auto report = lab.opened()[0];
    const auto& profile = report.nodes(0).profile();
    EXPECT_THAT(profile.user_agents(), ElementsAre("/first:1/", "/second:2/"));
    EXPECT_THAT(profile.services(), ElementsAre(0xc09U, 9U));
    EXPECT_THAT(profile.networks(), ElementsAre("ipv4"));
    EXPECT_THAT(profile.connection_types(), ElementsAre("inbound"));
    EXPECT_EQ(profile.connection_count(), 2U);
    EXPECT_LT(profile.first_ns(), report.first_ns());
    EXPECT_THAT(report.connected_nodes(), ElementsAre("alpha", "beta"));
    EXPECT_THAT(report.rule(), ::testing::HasSubstr("addresses above Core's limit at least 20"));
}

} // namespace
} // namespace peer_observer::detector::testing
