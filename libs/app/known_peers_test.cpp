#include "libs/app/known_peers.h"
#include "libs/base/host_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace peer_observer::app::testing {
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

TEST(KnownPeers, TellWhetherHostIsPeersOwn)
{
    EXPECT_TRUE(is_own_host("192.0.2.7", true, proto::IPV4));
    EXPECT_TRUE(is_own_host("127.0.0.2", true, proto::UNROUTABLE));
    EXPECT_TRUE(is_own_host("fc12::7", true, proto::CJDNS));
    EXPECT_TRUE(is_own_host("pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion", false, proto::ONION));
    EXPECT_FALSE(is_own_host("192.0.2.7", true, proto::ONION));
    EXPECT_FALSE(is_own_host("192.0.2.7", true, proto::I2P));
    for (const auto* shared : {"127.0.0.1", "::1", "10.0.0.7", "172.17.0.1", "100.64.0.1", "fe80::1", "fc12::7"})
        EXPECT_FALSE(is_own_host(shared, true, proto::UNROUTABLE)) << shared;
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

} // namespace
} // namespace peer_observer::app::testing
