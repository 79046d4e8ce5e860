#include "libs/base/host_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peer_observer::base {
namespace {

TEST(HostPort, ReadsIPv4IPv6AndLocalhost)
{
    const auto ipv4 = parse_host_port("127.0.0.1:9332");
    ASSERT_TRUE(ipv4) << ipv4.error();
    EXPECT_EQ(ipv4->host, "127.0.0.1");
    EXPECT_EQ(ipv4->port, 9332);

    const auto ipv6 = parse_host_port("[::1]:0");
    ASSERT_TRUE(ipv6) << ipv6.error();
    EXPECT_EQ(ipv6->host, "::1");
    EXPECT_EQ(ipv6->port, 0);

    const auto name = parse_host_port("localhost:65535");
    ASSERT_TRUE(name) << name.error();
    EXPECT_EQ(name->host, "127.0.0.1");
    EXPECT_EQ(name->port, 65535);
}

TEST(HostPort, PrintsWhatItReads)
{
    EXPECT_EQ(to_string(HostPort{"127.0.0.1", 1}), "127.0.0.1:1");
    EXPECT_EQ(to_string(HostPort{"::1", 9332}), "[::1]:9332");
}

// What the HTTP server would take for something else (a list, every interface, TLS) must not get through.
TEST(HostPort, RefusesEverythingElseAndShowsIt)
{
    for (const char* text : {"", "9332", ":9332", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                             "127.0.0.1:+1", "127.0.0.1:80s", "127.0.0.1:80,81", "127.0.0.1 :80", "+80", "::1:80",
                             "[::1]", "[127.0.0.1]:80", "[localhost]:80", "example.org:80", "127.1:80", "[]:80"}) {
        const auto address = parse_host_port(text);
        ASSERT_FALSE(address) << text;
        EXPECT_THAT(address.error(), testing::HasSubstr("`" + std::string{text} + "`"));
    }
}

TEST(HostPort, TakesThePortOffAPeersAddress)
{
    EXPECT_EQ(host_of("192.0.2.1:8333"), "192.0.2.1");
    EXPECT_EQ(host_of("[2001:db8::1]:8333"), "2001:db8::1");
    EXPECT_EQ(host_of("host.example:8333"), "host.example");
    EXPECT_EQ(host_of("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(host_of("2001:db8::1"), "2001:db8::1");
    EXPECT_EQ(host_of("[2001:db8::1]"), "2001:db8::1");
    EXPECT_EQ(host_of("[2001:db8::1"), "[2001:db8::1");
    EXPECT_EQ(host_of(""), "");
}

} // namespace
} // namespace peer_observer::base
