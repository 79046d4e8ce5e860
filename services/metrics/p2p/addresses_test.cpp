#include "services/metrics/testing/metrics_testing.h"

namespace peer_observer::metrics::testing {
namespace {

using Network = proto::Address;

proto::Address address(const std::string& text, Network::Network network = Network::IPV4, std::int64_t age_s = 0,
                       std::uint64_t services = 0)
{
    proto::Address address;
    address.set_network(network);
    address.set_address(text);
    address.set_time_s(static_cast<std::uint32_t>(kTime_s - age_s));
    address.set_services(services);
    return address;
}

proto::Event addr(proto::Event event, const std::vector<proto::Address>& addresses)
{
    auto& message = *payload_of(event).mutable_addr();
    for (const auto& entry : addresses)
        *message.add_addresses() = entry;
    return event;
}

proto::Event addrv2(proto::Event event, const std::vector<proto::Address>& addresses)
{
    auto& message = *payload_of(event).mutable_addrv2();
    for (const auto& entry : addresses)
        *message.add_addresses() = entry;
    return event;
}

const std::vector<proto::Address> kThree = {address("198.51.100.1", Network::IPV4, 0, 9),
                                            address("198.51.100.2", Network::IPV4, 600, 0),
                                            address("198.51.100.3", Network::IPV4, -3, 9 | 1UL << 63U)};

/// Both kinds of message are counted alike.
void expect_figures(const Metrics& metrics, Metric counts, Metric offsets, Metric bits)
{
    const std::string labels = R"(direction="inbound",host="alpha")";
    EXPECT_EQ(metrics.histogram(counts, labels), histogram_of(counts, labels, {3}));
    EXPECT_EQ(metrics.histogram(offsets, labels + R"(,timestamp_offset="past")"),
              histogram_of(offsets, labels + R"(,timestamp_offset="past")", {0, 600}));
    EXPECT_EQ(metrics.histogram(offsets, labels + R"(,timestamp_offset="future")"),
              histogram_of(offsets, labels + R"(,timestamp_offset="future")", {3}));
    EXPECT_EQ(metrics.histogram(bits, labels), histogram_of(bits, labels, {0, 3, 0, 3, 63}));
    const std::string outbound = R"(direction="outbound",host="alpha")";
    EXPECT_EQ(metrics.histogram(counts, outbound), histogram_of(counts, outbound, {}));
}

TEST(Addr, CountsAddressesAgesAndServices)
{
    Metrics metrics;
    metrics.publish({addr(inbound_message("addr"), kThree)});
    expect_figures(metrics, metric("p2p_addr_addresses"), metric("p2p_addr_timestamp_offset_seconds"),
                   metric("p2p_addr_services_bits"));
    EXPECT_THAT(metrics.values("p2p_addr_services"),
                UnorderedElementsAre(Pair(R"(direction="inbound",services="9")", 1),
                                     Pair(R"(direction="inbound",services="0")", 1),
                                     Pair(R"(direction="inbound",services="9223372036854775817")", 1)));
    EXPECT_THAT(metrics.values("p2p_addrv2_services"), IsEmpty());
}

TEST(Addrv2, CountsAddressesAgesAndServices)
{
    Metrics metrics;
    metrics.publish({addrv2(inbound_message("addrv2"), kThree), addrv2(outbound_message("addrv2"), {kThree[0]})});
    const std::string outbound = R"(direction="outbound",host="alpha")";
    EXPECT_EQ(metrics.histogram(metric("p2p_addrv2_addresses"), outbound),
              histogram_of(metric("p2p_addrv2_addresses"), outbound, {1}));
    metrics.publish({});
    EXPECT_THAT(metrics.values("p2p_addrv2_services"), Contains(Pair(R"(direction="outbound",services="9")", 1)));
    Metrics inbound;
    inbound.publish({addrv2(inbound_message("addrv2"), kThree)});
    expect_figures(inbound, metric("p2p_addrv2_addresses"), metric("p2p_addrv2_timestamp_offset_seconds"),
                   metric("p2p_addrv2_services_bits"));
    EXPECT_THAT(inbound.values("p2p_addr_services"), IsEmpty());
}

TEST(Addrv2, CountsEmptyMessagesByPeer)
{
    Metrics metrics;
    metrics.publish({addrv2(inbound_message("addrv2"), {}), addrv2(inbound_message("addrv2"), {kThree[0]}),
                     addrv2(outbound_message("addrv2"), {}), addr(inbound_message("addr"), {})});
    EXPECT_THAT(metrics.values("p2p_addrv2_empty"),
                UnorderedElementsAre(Pair(R"(addr="192.0.2.1",direction="inbound")", 1),
                                     Pair(R"(addr="192.0.2.1",direction="outbound")", 1)));
}

proto::Event from(const std::string& peer, proto::Event event)
{
    event.mutable_message()->mutable_inbound()->set_address(peer);
    return event;
}

TEST(Announcements, CountsOwnAddressWithAnyPort)
{
    Metrics metrics;
    metrics.publish(
        {from("192.0.2.1:50000", addr(inbound_message("addr"), {address("192.0.2.1"), address("192.0.2.11")})),
         from("[2001:db8::1]:8333", addrv2(inbound_message("addrv2"), {address("2001:db8::1", Network::IPV6)})),
         from("abc.onion:8333", addrv2(inbound_message("addrv2"), {address("abc.onion", Network::TORV3)})),
         from("abc.b32.i2p:0", addrv2(inbound_message("addrv2"), {address("abc.b32.i2p", Network::I2P)})),
         from("[fc00::1]:8333", addrv2(inbound_message("addrv2"), {address("fc00::1", Network::CJDNS)}))});
    EXPECT_THAT(metrics.values("p2p_address_selfannouncements"),
                UnorderedElementsAre(
                    Pair(R"(direction="inbound",network="ipv4")", 1), Pair(R"(direction="inbound",network="ipv6")", 1),
                    Pair(R"(direction="inbound",network="onion")", 1), Pair(R"(direction="inbound",network="i2p")", 1),
                    Pair(R"(direction="inbound",network="cjdns")", 1)));
    EXPECT_THAT(metrics.values("p2p_address_subnetannouncements"),
                ElementsAre(Pair(R"(direction="inbound",network="ipv4")", 1)));
}

TEST(Announcements, CountsOtherAddressesOfTheSubnet)
{
    Metrics metrics;
    metrics.publish(
        {from("192.0.2.1:1", addr(inbound_message("addr"),
                                  {address("192.0.2.2"), address("192.0.3.1"), address("2001:db8::1", Network::IPV6)})),
         from("[2001:db8::1]:1",
              addrv2(inbound_message("addrv2"), {address("2001:db8::2", Network::IPV6),
                                                 address("2001:db8:0:1::1", Network::IPV6), address("192.0.2.2")}))});
    EXPECT_THAT(metrics.values("p2p_address_subnetannouncements"),
                UnorderedElementsAre(Pair(R"(direction="inbound",network="ipv4")", 1),
                                     Pair(R"(direction="inbound",network="ipv6")", 1)));
    EXPECT_THAT(metrics.values("p2p_address_selfannouncements"), IsEmpty());
}

TEST(Announcements, LearnsTheNodesAddressFromOutboundPeers)
{
    Metrics metrics;
    const auto version = [](const std::string& connection_type, const std::string& node_address) {
        return with(inbound_message("version"), [&](auto& event) {
            event.mutable_message()->mutable_inbound()->set_connection_type(connection_type);
            *payload_of(event).mutable_version()->mutable_receiver() = address(node_address);
        });
    };
    const auto sent =
        addr(outbound_message("addr"), {address("203.0.113.5"), address("203.0.113.6"), address("192.0.2.1")});
    metrics.publish({version("inbound", "203.0.113.5"), version("outbound-full-relay", "0.0.0.0"), sent});
    EXPECT_THAT(metrics.values("p2p_address_selfannouncements"), IsEmpty());
    metrics.publish({version("outbound-full-relay", "203.0.113.5"), sent});
    EXPECT_THAT(metrics.values("p2p_address_selfannouncements"),
                ElementsAre(Pair(R"(direction="outbound",network="ipv4")", 1)));
    EXPECT_THAT(metrics.values("p2p_address_subnetannouncements"),
                ElementsAre(Pair(R"(direction="outbound",network="ipv4")", 1)));
}

} // namespace
} // namespace peer_observer::metrics::testing
