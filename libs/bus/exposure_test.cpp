#include "libs/bus/exposure.h"

#include <gtest/gtest.h>

namespace peer_observer::bus {
namespace {

TEST(Exposure, IsPlainTcpBeyondThisHost)
{
    for (const char* url : {"tcp://0.0.0.0:9331", "tcp://192.0.2.1:9331", "tcp://[::]:9331", "tcp://[2001:db8::1]:9331",
                            "tcp://alpha.example.org:9331", "tcp://126.0.0.1:9331", "tcp://128.0.0.1:9331"})
        EXPECT_TRUE(is_exposed(url)) << url;
}

TEST(Exposure, RecognizesThisHostByAddressOrLocalhost)
{
    for (const char* host : {"localhost", "127.0.0.1", "127.255.0.9", "[::1]"})
        EXPECT_TRUE(is_this_host(host)) << host;
    for (const char* host : {"127.example.org", "127.0.0.1.example.org", "128.0.0.1", "[::2]", "", "0.0.0.0"})
        EXPECT_FALSE(is_this_host(host)) << host;
}

TEST(Exposure, IsNothingThatStaysOnThisHostOrIsEncrypted)
{
    for (const char* url :
         {"tcp://127.0.0.1:9331", "tcp://127.255.0.9:9331", "tcp://[::1]:9331", "tcp://localhost:9331",
          "tls+tcp://0.0.0.0:9331", "tls+tcp://alpha.example.org:9331", "ipc:///run/bus"})
        EXPECT_FALSE(is_exposed(url)) << url;
}

} // namespace
} // namespace peer_observer::bus
