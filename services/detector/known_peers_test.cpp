#include "libs/base/host_port.h"
#include "services/detector/known_peers.h"
#include "services/detector/testing/robustness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace peer_observer::detector::testing {
namespace {

const KnownPeers::Known* find(const KnownPeers& known, const char* address, const char* user_agent = "")
{
    return known.find(base::host_of(address), user_agent);
}

TEST(KnownPeers, AreFoundByAddressNetworkAndUserAgent)
{
    const KnownPeers known{"# ours\n"
                           "leave-out 192.0.2.7 our own monitor\n"
                           "mark 2001:db8::/32 KIT\r\n"
                           "\n"
                           "  mark agent:/bitnodes.io: Bitnodes\n"
                           "mark pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion a seed\n"
                           "mark 198.51.100.0/24 last"};
    ASSERT_NE(find(known, "192.0.2.7:8333"), nullptr);
    EXPECT_TRUE(find(known, "192.0.2.7:8333")->is_left_out);
    EXPECT_EQ(find(known, "192.0.2.7:8333")->name, "our own monitor");
    EXPECT_EQ(find(known, "[2001:db8:7::1]:8333")->name, "KIT");
    EXPECT_FALSE(find(known, "[2001:db8:7::1]:8333")->is_left_out);
    EXPECT_EQ(find(known, "203.0.113.9:1", "/bitnodes.io:0.3/")->name, "Bitnodes");
    EXPECT_EQ(find(known, "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:8333")->name, "a seed");
    EXPECT_EQ(find(known, "198.51.100.200:1", "/bitnodes.io:0.3/")->name, "Bitnodes"); // the first line that fits
    EXPECT_EQ(find(known, "203.0.113.9:1", "/Satoshi:31.0.0/"), nullptr);
    EXPECT_EQ(known.find_group("198.51.100.0/24")->name, "last");
    EXPECT_EQ(known.find_group("198.51.0.0/16"), nullptr);
}

TEST(KnownPeers, RefuseALineThatTheyDoNotUnderstandAndNameIt)
{
    for (const auto* line : {"ignore 192.0.2.7 x", "mark 192.0.2.7", "mark 192.0.2.0/33 x", "mark agent: x", "mark"}) {
        try {
            KnownPeers{std::string{"# first\n"} + line};
            FAIL() << line;
        } catch (const std::invalid_argument& error) {
            EXPECT_THAT(error.what(), ::testing::StartsWith("line 2: "));
        }
    }
}

class WithKnownPeers : public Robustness {};

TEST_F(WithKnownPeers, LeavesOutOrMarksKnownPeers)
{
    lab.settings().known_peers = KnownPeers{"leave-out 203.0.113.66 ours\nmark 203.0.114.0/24 KIT\n"};
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
    changed.known_peers = KnownPeers{"leave-out 203.0.113.66 ours\n"};
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
