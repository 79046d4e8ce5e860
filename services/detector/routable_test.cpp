#include "services/detector/routable.h"

#include <gtest/gtest.h>

#include <string>

namespace peer_observer::detector {
namespace {

bool is_unroutable(proto::Address::Network network, const std::string& text)
{
    proto::Address address;
    address.set_network(network);
    address.set_address(text);
    return detector::is_unroutable(address);
}

TEST(Routable, ExcludesRangesExactly)
{
    for (const auto* text : {"0.0.0.0", "0.255.255.255", "10.1.2.3", "100.64.0.0", "100.127.255.255", "127.0.0.1",
                             "169.254.1.1", "172.16.0.0", "172.31.255.255", "192.0.2.200", "192.168.7.7", "198.19.1.1",
                             "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "255.255.255.255"})
        EXPECT_TRUE(is_unroutable(proto::Address::IPV4, text)) << text;
    for (const auto* text : {"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.1.1.1",
                             "169.253.1.1", "172.15.255.255", "172.32.0.0", "192.0.3.1", "192.167.1.1", "198.20.0.0",
                             "198.51.101.1", "203.0.112.1", "223.255.255.255", "240.0.0.1", "255.255.255.254"})
        EXPECT_FALSE(is_unroutable(proto::Address::IPV4, text)) << text;
    for (const auto* text : {"::", "::1", "2001:10::1", "2001:2f:ffff::1", "2001:db8::1", "fc00::1", "fdff::1",
                             "fe80::1", "ff02::1", "fd87:d87e:eb43::1", "::ffff:8.8.8.8"})
        EXPECT_TRUE(is_unroutable(proto::Address::IPV6, text)) << text;
    for (const auto* text :
         {"::2", "2001:f::1", "2001:30::1", "2001:db9::1", "2a00::1", "fbff::1", "fec0::1", "febf::1"})
        EXPECT_FALSE(is_unroutable(proto::Address::IPV6, text)) << text;
}

TEST(Routable, AcceptsOtherNetworksAndNonAddresses)
{
    EXPECT_FALSE(is_unroutable(proto::Address::CJDNS, "fc00::1"));
    EXPECT_TRUE(is_unroutable(proto::Address::CJDNS, "fd00::1"));
    EXPECT_FALSE(is_unroutable(proto::Address::TORV2, "expyuzz4wqqyqhjn.onion"));
    EXPECT_FALSE(is_unroutable(proto::Address::TORV3, "127.0.0.1"));
    EXPECT_FALSE(is_unroutable(proto::Address::UNKNOWN, ""));
    EXPECT_FALSE(is_unroutable(proto::Address::IPV4, "::1"));
    EXPECT_FALSE(is_unroutable(proto::Address::IPV4, ""));
}

TEST(Routable, PrefersReasonOfTheEvent)
{
    proto::Address address;
    address.set_network(proto::Address::IPV4);
    address.set_address("8.8.8.8");
    address.set_ignored(proto::Address::NOT_ROUTABLE);
    EXPECT_TRUE(detector::is_unroutable(address));
    address.set_ignored(proto::Address::UNKNOWN_NETWORK);
    EXPECT_FALSE(detector::is_unroutable(address));
}

} // namespace
} // namespace peer_observer::detector
