#include "libs/wire/ignored_address.h"

#include <gtest/gtest.h>

#include <string>

namespace peer_observer::wire {
namespace {

using proto::Address;

/// UNKNOWN_REASON where it is not ignored.
Address::Ignored why(Address::Network network, const std::string& text)
{
    Address address;
    address.set_network(network);
    address.set_address(text);
    return why_ignored(address).value_or(Address::UNKNOWN_REASON);
}

// tests/bitcoind/ignored_address_test.py asks Core itself about addresses on both sides of these limits.
TEST(IgnoredAddress, CoversIpv4RangesExactly)
{
    for (const auto* text : {"0.0.0.0", "255.255.255.255"})
        EXPECT_EQ(why(Address::IPV4, text), Address::INVALID) << text;
    for (const auto* text :
         {"0.0.0.1",      "0.255.255.255",   "10.0.0.0",    "10.255.255.255",  "100.64.0.0", "100.127.255.255",
          "127.0.0.1",    "127.255.255.255", "169.254.0.0", "169.254.255.255", "172.16.0.0", "172.31.255.255",
          "192.0.2.0",    "192.0.2.255",     "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255",
          "198.51.100.0", "198.51.100.255",  "203.0.113.0", "203.0.113.255"})
        EXPECT_EQ(why(Address::IPV4, text), Address::NOT_ROUTABLE) << text;
    for (const auto* text :
         {"1.0.0.0",      "9.255.255.255",   "11.0.0.0",    "100.63.255.255", "100.128.0.0", "126.255.255.255",
          "128.0.0.0",    "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",  "192.0.1.255",
          "192.0.3.0",    "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0",  "198.51.99.255",
          "198.51.101.0", "203.0.112.255",   "203.0.114.0", "224.0.0.1",      "240.0.0.1",   "255.255.255.254"})
        EXPECT_EQ(why(Address::IPV4, text), Address::UNKNOWN_REASON) << text;
}

TEST(IgnoredAddress, CoversIpv6RangesExactly)
{
    for (const auto* text : {"::", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"})
        EXPECT_EQ(why(Address::IPV6, text), Address::INVALID) << text;
    for (const auto* text : {"::ffff:0.0.0.0", "::ffff:8.8.8.8", "fd87:d87e:eb43::", "fd87:d87e:eb43:ffff::1"})
        EXPECT_EQ(why(Address::IPV6, text), Address::EMBEDDED) << text;
    for (const auto* text : {"fd6b:88c0:8724::", "fd6b:88c0:8724:ffff::1"})
        EXPECT_EQ(why(Address::IPV6, text), Address::INTERNAL) << text;
    for (const auto* text :
         {"::1", "2001:10::", "2001:1f:ffff::1", "2001:20::", "2001:2f:ffff::1", "fc00::", "fc00::1", "fdff::1",
          "fd87:d87e:eb42:ffff::1", "fd87:d87e:eb44::", "fd6b:88c0:8725::", "fe80::", "fe80::ffff:ffff:ffff:ffff"})
        EXPECT_EQ(why(Address::IPV6, text), Address::NOT_ROUTABLE) << text;
    for (const auto* text : {"::2", "::fffe:8.8.8.8", "::1:0:0", "2001:f:ffff::1", "2001:30::", "2001:db7:ffff::1",
                             "2001:db9::", "2002::1", "64:ff9b::8.8.8.8", "fbff::1", "fe00::1", "fe7f::1",
                             "fe80:0:0:1::", "febf::1", "fec0::1", "ff02::1"})
        EXPECT_EQ(why(Address::IPV6, text), Address::UNKNOWN_REASON) << text;
}

TEST(IgnoredAddress, CoversOtherNetworks)
{
    EXPECT_EQ(why(Address::CJDNS, "fc00::1"), Address::UNKNOWN_REASON);
    EXPECT_EQ(why(Address::CJDNS, "fd00::1"), Address::INVALID);
    EXPECT_EQ(why(Address::CJDNS, "::"), Address::INVALID);
    EXPECT_EQ(why(Address::TORV2, "expyuzz4wqqyqhjn.onion"), Address::UNKNOWN_NETWORK);
    EXPECT_EQ(why(Address::TORV3, ""), Address::UNKNOWN_REASON);
    EXPECT_EQ(why(Address::I2P, ""), Address::UNKNOWN_REASON);
    EXPECT_EQ(why(Address::IPV4, "::1"), Address::UNKNOWN_REASON) << "text that is no such address";
}

TEST(IgnoredAddress, CoversNetworksUnknownToCore)
{
    for (const auto id : {0U, 3U, 7U, 255U})
        EXPECT_EQ(why_unknown_is_ignored(id), Address::UNKNOWN_NETWORK) << id;
    for (const auto id : {1U, 2U, 4U, 5U, 6U})
        EXPECT_EQ(why_unknown_is_ignored(id), Address::WRONG_LENGTH) << id;
}

TEST(IgnoredAddress, KeepsReasonOfTheEvent)
{
    Address address;
    address.set_network(Address::IPV4);
    address.set_address("8.8.8.8");
    address.set_ignored(Address::NOT_ROUTABLE);
    EXPECT_EQ(why_ignored(address), Address::NOT_ROUTABLE);
}

} // namespace
} // namespace peer_observer::wire
