#include "libs/base/ip.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace peer_observer::base {
namespace {

using testing::HasSubstr;

IpBytes ip(std::string_view text)
{
    const auto parsed = parse_ip(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(IpBytes{});
}

IpNetwork network(std::string_view text)
{
    const auto parsed = IpNetwork::parse(text);
    EXPECT_TRUE(parsed) << text << ": " << parsed.error();
    return parsed.value();
}

TEST(Ip, ReadsAndPrintsBothFamilies)
{
    for (const auto* text :
         {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::1", "fc00::ab", "2001:db8:1:2:3:4:5:6"})
        EXPECT_EQ(ip_text(ip(text)), text);
    EXPECT_EQ(ip_text(ip("2001:DB8:0:0:0:0:0:1")), "2001:db8::1");
}

TEST(Ip, TakesMappedIpv4ForIpv4)
{
    EXPECT_EQ(ip("::ffff:192.0.2.1"), ip("192.0.2.1"));
    EXPECT_TRUE(is_ipv4(ip("::ffff:192.0.2.1")));
    EXPECT_FALSE(is_ipv4(ip("2001:db8::1")));
    EXPECT_EQ(ip_text(ip("::ffff:192.0.2.1")), "192.0.2.1");
}

TEST(Ip, PrintsAsInetNtop)
{
    std::mt19937 random{1};
    for (int i = 0; i < 10'000; ++i) {
        IpBytes bytes{};
        for (auto& byte : bytes)
            byte = random() % 3 == 0 ? static_cast<std::uint8_t>(random()) : std::uint8_t{0};
        if (is_ipv4(bytes)) continue;
        std::array<char, INET6_ADDRSTRLEN> expected{};
        ASSERT_NE(inet_ntop(AF_INET6, bytes.data(), expected.data(), expected.size()), nullptr);
        ASSERT_EQ(ip_text(bytes), expected.data());
        ASSERT_EQ(ip(expected.data()), bytes);
    }
}

TEST(Ip, RefusesWhatIsNoAddress)
{
    using namespace std::string_view_literals;
    for (const auto text : {""sv,
                            "192.0.2"sv,
                            "192.0.2.1.5"sv,
                            "192.0.2.256"sv,
                            "127.1"sv,
                            "0x7f.0.0.1"sv,
                            "192.0.2.01"sv,
                            " 192.0.2.1"sv,
                            "192.0.2.1 "sv,
                            "192.0.2.1:8333"sv,
                            "[2001:db8::1]"sv,
                            "2001:db8::1/64"sv,
                            "fe80::1%lo"sv,
                            "fe80::1%1"sv,
                            "192.0.2.1\0"sv,
                            "::1\0x"sv,
                            "example.org"sv,
                            "abcdef.onion"sv,
                            ":::"sv,
                            "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2550"sv})
        EXPECT_FALSE(parse_ip(text)) << text;
}

TEST(Ip, ClassifiesAddresses)
{
    EXPECT_TRUE(is_loopback(ip("127.0.0.1")));
    EXPECT_TRUE(is_loopback(ip("127.9.9.9")));
    EXPECT_TRUE(is_loopback(ip("::1")));
    EXPECT_FALSE(is_loopback(ip("128.0.0.1")));
    EXPECT_FALSE(is_loopback(ip("::2")));
    EXPECT_TRUE(is_multicast(ip("224.0.0.1")));
    EXPECT_TRUE(is_multicast(ip("ff02::1")));
    EXPECT_FALSE(is_multicast(ip("223.255.255.255")));
    EXPECT_FALSE(is_multicast(ip("fe80::1")));
}

TEST(Ip, KnowsWhichAddressesArePublic)
{
    for (const auto* text : {"8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1",
                             "198.17.0.1", "223.255.255.255", "2600::1", "2a00:1450::1", "2001:200::1", "3ffe::1"})
        EXPECT_TRUE(is_global_unicast(ip(text))) << text;
    for (const auto* text : {"0.0.0.0",       "10.1.2.3",        "100.64.0.1",
                             "127.0.0.1",     "169.254.1.1",     "172.31.255.255",
                             "192.0.0.8",     "192.0.2.1",       "192.31.196.1",
                             "192.52.193.1",  "192.88.99.1",     "192.168.0.1",
                             "192.175.48.1",  "198.19.255.255",  "198.51.100.1",
                             "203.0.113.255", "224.0.0.1",       "239.255.255.255",
                             "240.0.0.1",     "255.255.255.255", "::",
                             "::1",           "64:ff9b::1",      "100::1",
                             "fc00::1",       "fd00::1",         "fe80::1",
                             "ff02::1",       "2001::1",         "2001:1ff::1",
                             "2001:db8::1",   "2002:808:808::1", "2620:4f:8000::1",
                             "3fff:fff::1",   "4000::1"})
        EXPECT_FALSE(is_global_unicast(ip(text))) << text;
}

TEST(IpNetwork, ReadsAndPrints)
{
    EXPECT_EQ(network("192.0.2.77/24").text(), "192.0.2.0/24");
    EXPECT_EQ(network("192.0.2.77").text(), "192.0.2.77/32");
    EXPECT_EQ(network("0.0.0.0/0").text(), "0.0.0.0/0");
    EXPECT_EQ(network("2001:db8:1::/32").text(), "2001:db8::/32");
    EXPECT_EQ(network("::/0").text(), "::/0");
    EXPECT_EQ(network("2001:db8::1").text(), "2001:db8::1/128");
    EXPECT_EQ(network("::ffff:192.0.2.0/120"), network("192.0.2.0/24"));
}

TEST(IpNetwork, RefusesMalformedText)
{
    for (const auto* text : {"", "/24", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+1", "192.0.2.0/ 24",
                             "192.0.2.0/24x", "192.0.2.0/24/24", "192.0.2/24", "2001:db8::/129", "name/24",
                             "192.0.2.0/99999999999999999999", "fe80::%lo/64"}) {
        const auto parsed = IpNetwork::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_FALSE(parsed.error().empty());
    }
}

TEST(IpNetwork, ContainsFromFirstToLast)
{
    const auto odd = network("192.0.2.64/27");
    EXPECT_EQ(odd.first(), ip("192.0.2.64"));
    EXPECT_EQ(odd.last(), ip("192.0.2.95"));
    EXPECT_TRUE(odd.contains(ip("192.0.2.64")));
    EXPECT_TRUE(odd.contains(ip("192.0.2.95")));
    EXPECT_FALSE(odd.contains(ip("192.0.2.63")));
    EXPECT_FALSE(odd.contains(ip("192.0.2.96")));
    EXPECT_FALSE(network("0.0.0.0/0").contains(ip("2001:db8::1")));
    EXPECT_TRUE(network("::/0").contains(ip("2001:db8::1")));
    EXPECT_EQ(network("::/0").last(), ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
}

TEST(IpNetwork, GroupsBySubnet)
{
    EXPECT_EQ(subnet_of(ip("192.0.2.77")).text(), "192.0.2.0/24");
    EXPECT_EQ(subnet_of(ip("2001:db8:0:1:2::3")).text(), "2001:db8:0:1::/64");
}

// The addresses of Bitcoin Core's test netbase_getgroup (test/netbase_tests.cpp), with the groups that it expects.
TEST(IpNetwork, GroupsByNetgroupAsBitcoinCore)
{
    for (const auto* text : {"1.2.3.4", "::FFFF:0:102:304", "64:FF9B::102:304", "2002:102:304:9999:9999:9999:9999:9999",
                             "2001:0:9999:9999:9999:9999:FEFD:FCFB"})
        EXPECT_EQ(netgroup_of(ip(text)).text(), "1.2.0.0/16") << text;
    EXPECT_EQ(netgroup_of(ip("2001:470:abcd:9999:9999:9999:9999:9999")).text(), "2001:470:a000::/36");
    EXPECT_EQ(netgroup_of(ip("2001:2001:9999:9999:9999:9999:9999:9999")).text(), "2001:2001::/32");
}

} // namespace
} // namespace peer_observer::base
