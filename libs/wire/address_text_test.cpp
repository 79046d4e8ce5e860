#include "libs/wire/address_text.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

namespace peer_observer::wire {
namespace {

std::string base32(std::string_view bytes)
{
    AddressText text;
    text.append_base32(bytes);
    return std::string{text.view()};
}

TEST(AddressText, WritesBase32OfRfc4648WithoutPadding)
{
    EXPECT_EQ(base32(""), "");
    EXPECT_EQ(base32("f"), "my");
    EXPECT_EQ(base32("fo"), "mzxq");
    EXPECT_EQ(base32("foo"), "mzxw6");
    EXPECT_EQ(base32("foob"), "mzxw6yq");
    EXPECT_EQ(base32("fooba"), "mzxw6ytb");
    EXPECT_EQ(base32("foobar"), "mzxw6ytboi");
}

TEST(AddressText, WritesIpv6AsTheSystemDoesForRandomAddresses)
{
    std::mt19937 random{413567};
    for (int i = 0; i < 100'000; ++i) {
        std::string bytes(16, '\0');
        for (auto& byte : bytes) {
            if (random() % 3 == 0) byte = static_cast<char>(random());
        }
        bytes[0] = '\x20'; // the system shows addresses in ::/80 with a dotted end, Core does not
        char expected[INET6_ADDRSTRLEN];
        ASSERT_NE(inet_ntop(AF_INET6, bytes.data(), expected, sizeof expected), nullptr);
        ASSERT_EQ(ipv6_text(bytes).view(), expected);
    }
}

TEST(AddressText, WritesIpv6WithoutDottedIpv4)
{
    EXPECT_EQ(ipv6_text(std::string(12, '\0') + "\x01\x02\x03\x04").view(), "::102:304");
    EXPECT_EQ(ipv6_text(std::string(10, '\0') + "\xff\xff\x01\x02\x03\x04").view(), "::ffff:102:304");
}

TEST(AddressText, HoldsTheLongestAddressOfEachNetwork)
{
    const std::string ones(32, '\xff');
    EXPECT_EQ(ipv4_text(ones).view(), "255.255.255.255");
    EXPECT_EQ(ipv6_text(ones).view(), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    EXPECT_EQ(torv2_text(ones.substr(0, 10)).view().size(), 16 + 6U);
    EXPECT_EQ(torv3_text(ones).view().size(), 56 + 6U);
    EXPECT_EQ(i2p_text(ones).view().size(), 52 + 8U);
}

} // namespace
} // namespace peer_observer::wire
