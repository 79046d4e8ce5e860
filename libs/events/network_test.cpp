#include "libs/events/network.h"
#include "proto/event.pb.h"

#include <gtest/gtest.h>

#include <utility>

namespace peer_observer::events {
namespace {

// As CNetAddr::GetNetClass() and IsRoutable() (Bitcoin Core's netaddress.cpp) have it.
TEST(Network, IsToldByTheAddress)
{
    for (const auto& [address, network] : {std::pair{"8.8.8.8:8333", proto::IPV4},
                                           {"8.8.8.8", proto::IPV4},
                                           {"127.0.0.1:18444", proto::UNROUTABLE},
                                           {"192.168.1.1:8333", proto::UNROUTABLE},
                                           {"203.0.113.7:8333", proto::UNROUTABLE},
                                           {"[2600::1]:8333", proto::IPV6},
                                           {"[::1]:8333", proto::UNROUTABLE},
                                           {"[2001:db8::1]:8333", proto::UNROUTABLE},
                                           {"[fc12::1]:8333", proto::CJDNS},
                                           {"[fd12::1]:8333", proto::UNROUTABLE},
                                           {"abcdef.onion:8333", proto::ONION},
                                           {"abcdef.b32.i2p:0", proto::I2P},
                                           {"abcdef.internal:0", proto::INTERNAL},
                                           {"example.org:8333", proto::UNROUTABLE}})
        EXPECT_EQ(network_of_address(address), network) << address;
}

TEST(Network, IsThatOfTheConnectionWhereItSaysSo)
{
    proto::Event event;
    auto& opened = *event.mutable_connection()->mutable_inbound();
    opened.set_address("127.0.0.1:40000");
    opened.set_network(proto::ONION);
    auto bytes = event.SerializeAsString();
    auto view = view_event(bytes);
    EXPECT_EQ(network_of(view, view_peer(view)), proto::ONION);
    event.mutable_message()->mutable_inbound()->set_address("127.0.0.1:40000");
    bytes = event.SerializeAsString();
    view = view_event(bytes);
    EXPECT_EQ(network_of(view, view_peer(view)), proto::UNROUTABLE);
    event.mutable_mempool()->mutable_added();
    bytes = event.SerializeAsString();
    view = view_event(bytes);
    EXPECT_EQ(network_of(view, view_peer(view)), std::nullopt);
}

TEST(Network, HasNamesInLowerCase)
{
    EXPECT_EQ(parse_network("onion"), proto::ONION);
    EXPECT_EQ(parse_network("i2p"), proto::I2P);
    for (const auto* wrong : {"", "Onion", "ONION", "tor", "0"})
        EXPECT_EQ(parse_network(wrong), std::nullopt) << wrong;
}

} // namespace
} // namespace peer_observer::events
