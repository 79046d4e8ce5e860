#include "services/addr-connectivity/address.h"

#include <gtest/gtest.h>

namespace peer_observer::addr_connectivity {
namespace {

const std::string kOnion = std::string(56, 'a') + ".onion";
const std::string kI2p = std::string(51, '7') + "a.b32.i2p"; // the last digit has one bit

proto::Address announced(proto::Address::Network network, const std::string& text, std::uint32_t port = 8333)
{
    proto::Address address;
    address.set_network(network);
    address.set_address(text);
    address.set_port(port);
    return address;
}

std::string read(proto::Address::Network network, const std::string& text, std::uint32_t port = 8333)
{
    const auto address = to_address(announced(network, text, port));
    return address ? to_string(*address) : "none";
}

TEST(Address, IsReadOfEveryNetworkThatCanBeConnectedTo)
{
    EXPECT_EQ(read(proto::Address::IPV4, "192.0.2.1"), "192.0.2.1:8333");
    EXPECT_EQ(read(proto::Address::IPV6, "2001:DB8:0::1", 1), "[2001:db8::1]:1");
    EXPECT_EQ(read(proto::Address::CJDNS, "fc00::1"), "[fc00::1]:8333");
    EXPECT_EQ(read(proto::Address::TORV3, kOnion), kOnion + ":8333");
    EXPECT_EQ(read(proto::Address::I2P, kI2p, 0), kI2p + ":0");
}

TEST(Address, IsRefusedWhereNobodyCouldConnect)
{
    EXPECT_EQ(read(proto::Address::UNKNOWN, ""), "none");
    EXPECT_EQ(read(proto::Address::TORV2, "aaaaaaaaaaaaaaaa.onion"), "none");
    EXPECT_EQ(read(proto::Address::IPV4, ""), "none");
    EXPECT_EQ(read(proto::Address::IPV4, "2001:db8::1"), "none");
    EXPECT_EQ(read(proto::Address::IPV6, "192.0.2.1"), "none");
    EXPECT_EQ(read(proto::Address::IPV4, "192.0.2.1", 65536), "none");
    EXPECT_EQ(read(proto::Address::TORV3, "example.com"), "none");
    EXPECT_EQ(read(proto::Address::TORV3, std::string(55, 'a') + "1.onion"), "none");
    EXPECT_EQ(read(proto::Address::TORV3, std::string(47, 'a') + "/evil.com.onion"), "none");
    EXPECT_EQ(read(proto::Address::I2P, kOnion), "none");
    EXPECT_EQ(read(proto::Address::I2P, std::string(52, '7') + ".b32.i2p"), "none") << "another text of the same bytes";
    EXPECT_EQ(read(proto::Address::IPV4, std::string{"192.0.2.1\0.evil", 15}), "none");
}

TEST(Address, RefusesIpv4MappedIpv6) { EXPECT_EQ(read(proto::Address::IPV6, "::ffff:192.0.2.1"), "none"); }

TEST(Address, TakesCjdnsOnlyIfAnnouncedAsCjdns)
{
    EXPECT_EQ(to_address(announced(proto::Address::IPV6, "fc00::1"))->network, Network::ipv6);
    EXPECT_EQ(to_address(announced(proto::Address::CJDNS, "fc00::1"))->network, Network::cjdns);
    EXPECT_EQ(read(proto::Address::CJDNS, "fd00::1"), "none");
}

TEST(Address, IsTheSameAfterItWasText)
{
    for (const auto& address :
         {announced(proto::Address::IPV4, "192.0.2.1"), announced(proto::Address::IPV6, "2001:db8::1"),
          announced(proto::Address::CJDNS, "fc00::1"), announced(proto::Address::TORV3, kOnion),
          announced(proto::Address::I2P, kI2p, 0)}) {
        const auto read = to_address(address);
        ASSERT_TRUE(read);
        EXPECT_EQ(parse_address(to_string(*read)), read);
        EXPECT_EQ(to_proto(*read).SerializeAsString(), address.SerializeAsString());
    }
    for (const auto* text :
         {"", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:1x", "[::1]", "a.com:1", ":1"})
        EXPECT_FALSE(parse_address(text)) << text;
}

TEST(Address, IsTheSameInEitherCase)
{
    const std::string onion = "AbCdEfGhIjKlMnOpQrStUvWxYz234567aBcDeFgHiJkLmNoPqRsTuVwX.onion";
    EXPECT_EQ(read(proto::Address::TORV3, onion),
              "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx.onion:8333");
}

TEST(Keys, TellWhatBelongsTogether)
{
    const auto host = [](const char* text) { return host_key(*parse_address(text)); };
    const auto netgroup = [](const char* text) { return netgroup_key(*parse_address(text)); };
    EXPECT_EQ(host("192.0.2.1:1"), "192.0.2.1");
    EXPECT_EQ(host("[2001:db8:1:2:3:4:5:6]:1"), "2001:db8:1:2::/64");
    EXPECT_EQ(host("[fc00::1]:1"), "fc00::1");
    EXPECT_EQ(netgroup("192.0.2.1:1"), "192.0.0.0/16");
    EXPECT_EQ(netgroup("[2001:db8:1:2:3:4:5:6]:1"), "2001:db8::/32");
    EXPECT_EQ(netgroup_key(*parse_address(kOnion + ":1")), "");
    EXPECT_EQ(announcer_key("[2001:db8:1:2:3:4:5:6]:1"), "2001:db8:1:2::/64");
    EXPECT_EQ(announcer_key("192.0.2.1:1"), "192.0.2.1");
    EXPECT_EQ(announcer_key(kOnion + ":8333"), kOnion);
}

} // namespace
} // namespace peer_observer::addr_connectivity
