#include "services/addr-connectivity/policy.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace peer_observer::addr_connectivity {
namespace {

using proto::AnnouncerReachability;

PolicyOptions everything()
{
    return {.networks = {true, true, true, true, true}, .allowed = {}, .denied = {}, .denied_ports = {}};
}

std::optional<NotChecked> refusal(const PolicyOptions& options, const std::string& address)
{
    return Policy{options}.refusal(*parse_address(address));
}

TEST(Policy, RefusesWhatIsNotOfThePublicNetwork)
{
    for (const auto* ip : {"0.0.0.0",         "0.1.2.3",         "10.0.0.1",       "100.64.0.1",      "127.0.0.1",
                           "169.254.169.254", "172.16.0.1",      "172.31.255.255", "192.0.0.1",       "192.0.2.1",
                           "192.168.1.1",     "198.18.0.1",      "198.19.255.1",   "198.51.100.1",    "203.0.113.1",
                           "224.0.0.1",       "239.255.255.255", "240.0.0.1",      "255.255.255.255", "192.88.99.1"})
        EXPECT_EQ(refusal(everything(), std::string{ip} + ":8333"), AnnouncerReachability::NOT_ROUTABLE) << ip;
    for (const auto* ip : {"::", "::1", "::192.168.1.1", "64:ff9b::c0a8:101", "64:ff9b:1::1", "100::1", "2001::1",
                           "2001:10::1", "2001:20::1", "2001:db8::1", "2002:c0a8:101::1", "3fff::1", "5f00::1",
                           "fc00::1", "fd00::1", "fe80::1", "fec0::1", "ff02::1"}) {
        const auto address = to_address(ip, 8333);
        ASSERT_TRUE(address) << ip;
        EXPECT_EQ(Policy{everything()}.refusal(*address), AnnouncerReachability::NOT_ROUTABLE) << ip;
    }
}

TEST(Policy, AllowsWhatIsNextToIt)
{
    for (const auto* address :
         {"1.0.0.0:8333", "9.255.255.255:8333", "11.0.0.0:8333", "100.63.255.255:8333", "100.128.0.0:8333",
          "128.0.0.0:8333", "172.15.255.255:8333", "172.32.0.0:8333", "192.167.255.255:8333", "198.17.255.255:8333",
          "198.20.0.0:8333", "223.255.255.255:8333", "[2000::1]:8333", "[2001:200::1]:8333", "[2003::1]:8333",
          "[2a00::1]:8333", "[3ffe:ffff::1]:8333"})
        EXPECT_EQ(refusal(everything(), address), std::nullopt) << address;
}

TEST(Policy, TakesRangesOfTheOperators)
{
    auto options = everything();
    const auto network = [](const char* text) { return base::IpNetwork::parse(text).value(); };
    options.allowed = {network("127.0.0.0/8"), network("10.1.2.3"), network("fd00::/8")};
    options.denied = {network("127.1.0.0/16"), network("8.8.0.0/20"), network("2a00::/15")};
    EXPECT_EQ(refusal(options, "127.0.0.1:8333"), std::nullopt);
    EXPECT_EQ(refusal(options, "10.1.2.3:8333"), std::nullopt);
    EXPECT_EQ(refusal(options, "[fd01::1]:8333"), std::nullopt);
    for (const auto* address :
         {"127.1.0.1:8333", "10.1.2.4:8333", "8.8.15.255:8333", "[2a00::1]:8333", "[2a01:ffff::1]:8333"})
        EXPECT_EQ(refusal(options, address), AnnouncerReachability::NOT_ROUTABLE) << address;
    EXPECT_EQ(refusal(options, "8.8.16.0:8333"), std::nullopt);
    EXPECT_EQ(refusal(options, "[2a02::1]:8333"), std::nullopt);
}

TEST(Policy, RefusesPorts)
{
    auto options = everything();
    options.denied_ports = default_denied_ports();
    for (const auto port : {0, 1, 22, 25, 53, 80, 443, 1023, 3306, 3389, 5060, 6379, 11211})
        EXPECT_EQ(refusal(options, "1.2.3.4:" + std::to_string(port)), AnnouncerReachability::PORT_DENIED) << port;
    for (const auto port : {8333, 18333, 18444, 38333, 48333, 1024, 65535})
        EXPECT_EQ(refusal(options, "1.2.3.4:" + std::to_string(port)), std::nullopt) << port;
    set_ports(options.denied_ports, "443", false);
    set_ports(options.denied_ports, "30000-30002", true);
    EXPECT_EQ(refusal(options, "1.2.3.4:443"), std::nullopt);
    EXPECT_EQ(refusal(options, "1.2.3.4:29999"), std::nullopt);
    EXPECT_EQ(refusal(options, "1.2.3.4:30002"), AnnouncerReachability::PORT_DENIED);
    for (const auto* text : {"", "x", "-1", "65536", "2-1", "1-", "1-2-3", "1 "})
        EXPECT_THROW(set_ports(options.denied_ports, text, true), std::invalid_argument) << text;
}

TEST(Policy, TakesPortZeroOfI2pOnly)
{
    const auto i2p = std::string(52, 'a') + ".b32.i2p:";
    const auto onion = std::string(56, 'a') + ".onion:";
    EXPECT_EQ(refusal(everything(), i2p + "0"), std::nullopt);
    EXPECT_EQ(refusal(everything(), onion + "0"), AnnouncerReachability::PORT_DENIED);
}

TEST(Policy, RefusesNetworksThatAreOff)
{
    auto options = everything();
    options.networks = {true, false, false, false, false};
    EXPECT_EQ(refusal(options, "1.2.3.4:8333"), std::nullopt);
    for (const auto& address : {std::string{"[2a00::1]:8333"}, std::string{"[fc00::1]:8333"},
                                std::string(56, 'a') + ".onion:8333", std::string(52, 'a') + ".b32.i2p:0"})
        EXPECT_EQ(refusal(options, address), AnnouncerReachability::NETWORK_OFF) << address;
}

} // namespace
} // namespace peer_observer::addr_connectivity
