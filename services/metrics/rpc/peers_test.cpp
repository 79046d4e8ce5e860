#include "services/metrics/testing/rpc_testing.h"

namespace peer_observer::metrics::testing {
namespace {

using ::testing::Pair;

proto::Event peers(const std::vector<proto::PeerInfo>& list)
{
    return answer([&](auto& rpc) {
        rpc.mutable_getpeerinfo();
        for (const auto& peer : list)
            *rpc.mutable_getpeerinfo()->add_peers() = peer;
    });
}

proto::PeerInfo peer(const auto& fill)
{
    proto::PeerInfo peer;
    fill(peer);
    return peer;
}

proto::PeerInfo at(const std::string& address, bool inbound = true, const std::string& network = "ipv4")
{
    return peer([&](auto& p) {
        p.set_addr(address);
        p.set_inbound(inbound);
        p.set_network(network);
    });
}

TEST(RpcPeers, CountsPeersByProperty)
{
    Metrics metrics;
    const auto first = peer([](auto& p) {
        p.set_network("onion");
        p.set_connection_type("inbound");
        p.set_transport_protocol_type("v2");
        p.set_version(70016);
        p.set_mapped_as(64500);
    });
    const auto second = peer([](auto& p) {
        p.set_network("onion");
        p.set_connection_type("feeler");
        p.set_transport_protocol_type("v1");
        p.set_version(70016);
        p.set_mapped_as(0);
    });
    metrics.publish({peers({first, second})});
    EXPECT_EQ(metrics.value("rpc_peer_info_num_peers"), 2);
    EXPECT_THAT(metrics.all_values("rpc_peer_info_network_peers"), ElementsAre(Pair(R"(network="onion")", 2)));
    EXPECT_THAT(metrics.all_values("rpc_peer_info_connection_type_peers"),
                UnorderedElementsAre(Pair(R"(connection_type="inbound")", 1), Pair(R"(connection_type="feeler")", 1)));
    EXPECT_THAT(
        metrics.all_values("rpc_peer_info_transport_protocol_type_peers"),
        UnorderedElementsAre(Pair(R"(transport_protocol_type="v1")", 1), Pair(R"(transport_protocol_type="v2")", 1)));
    EXPECT_THAT(metrics.all_values("rpc_peer_info_protocol_version_peers"),
                ElementsAre(Pair(R"(protocol_version="70016")", 2)));

    EXPECT_THAT(metrics.all_values("rpc_peer_info_asn_peers"), ElementsAre(Pair(R"(ASN="64500")", 1)));
    metrics.publish({peers({second})});
    EXPECT_THAT(metrics.all_values("rpc_peer_info_asn_peers"), IsEmpty());
    EXPECT_EQ(metrics.all_values("rpc_peer_info_connection_type_peers").size(), 1U);
}

TEST(RpcPeers, FoldsInventedProtocolVersions)
{
    Metrics metrics;
    std::vector<proto::PeerInfo> list;
    for (int i = 0; i < 1000; ++i) {
        list.push_back(peer([&](auto& p) { p.set_version(i); }));
        list.push_back(peer([&](auto& p) { p.set_version(70016); }));
    }
    metrics.publish({peers(list)});
    const auto versions = metrics.all_values("rpc_peer_info_protocol_version_peers");
    EXPECT_EQ(versions.size(), kMaxLabelValues + 1);
    EXPECT_EQ(versions.at(R"(protocol_version="70016")"), 1000);
    EXPECT_EQ(versions.at(R"(protocol_version="other")"), 801);
    EXPECT_THAT(metrics.page(),
                HasSubstr("peerobserver_label_values_folded_total{host=\"alpha\",label=\"protocol_version\","
                          "metric=\"peerobserver_rpc_peer_info_protocol_version_peers\"} 801\n"));
}

TEST(RpcPeers, CountsByIpList)
{
    const TemporaryFile gmax{"192.0.2.0/24\n"};
    const TemporaryFile projects{"198.51.100.7\n2001:db8::/32\n"};
    Metrics metrics{{"banlist_gmax=" + gmax.path, "bitprojects=" + projects.path}};
    metrics.publish({peers({at("192.0.2.1:8333"), at("192.0.2.9:1"), at("198.51.100.7:8333", false),
                            at("[2001:db8::1]:8333"), at("x.onion:8333", true, "onion")})});
    EXPECT_EQ(metrics.value("rpc_peer_info_list_peers_gmax_ban"), 2);
    EXPECT_THAT(metrics.all_values("rpc_peer_info_list_peers_bitprojects"),
                UnorderedElementsAre(Pair(R"(direction="inbound")", 1), Pair(R"(direction="outbound")", 1)));
    EXPECT_EQ(metrics.value("rpc_peer_info_list_peers_tor_exit"), std::nullopt);
}

TEST(RpcPeers, ShowsPingsInMilliseconds)
{
    Metrics metrics;
    const auto with_ping = [](double last, double least, double wait) {
        return peer([&](auto& p) {
            p.set_pingtime(last);
            p.set_minping(least);
            p.set_pingwait(wait);
        });
    };
    metrics.publish({peers({with_ping(0.25, 0.125, 0), with_ping(0.5, 0, 5), with_ping(0.75, 0.5, 5.5),
                            with_ping(2.5, 0, 100), with_ping(0, 0, 0)})});
    EXPECT_EQ(metrics.value("rpc_peer_info_ping_median"), 625);
    EXPECT_EQ(metrics.value("rpc_peer_info_ping_mean"), 1000);
    EXPECT_EQ(metrics.value("rpc_peer_info_minping_median"), 312.5);
    EXPECT_EQ(metrics.value("rpc_peer_info_ping_wait_larger_5_seconds_block_peers"), 2);
    metrics.publish({peers({with_ping(0, 0, 0)})});
    EXPECT_EQ(metrics.value("rpc_peer_info_ping_median"), std::nullopt);
}

TEST(RpcPeers, CountsTimeAddressesAndBlocks)
{
    Metrics metrics;
    const auto first = peer([](auto& p) {
        p.set_timeoffset(11);
        p.set_bip152_hb_to(true);
        p.set_addr_relay_enabled(true);
        p.set_addr_processed(100);
        p.set_addr_rate_limited(7);
        p.add_inflight(5);
        p.add_inflight(6);
    });
    const auto second = peer([](auto& p) {
        p.set_timeoffset(-11);
        p.set_bip152_hb_from(true);
        p.set_addr_processed(50);
        p.add_inflight(6);
    });
    const auto third = peer([](auto& p) { p.set_timeoffset(10); });
    metrics.publish({peers({first, second, third})});
    EXPECT_EQ(metrics.value("rpc_peer_info_timeoffset_plus10s"), 1);
    EXPECT_EQ(metrics.value("rpc_peer_info_timeoffset_minus10s"), 1);
    EXPECT_EQ(metrics.value("rpc_peer_info_bip152_highbandwidth_to"), 1);
    EXPECT_EQ(metrics.value("rpc_peer_info_bip152_highbandwidth_from"), 1);
    EXPECT_EQ(metrics.value("rpc_peer_info_addr_relay_enabled_peers"), 1);
    EXPECT_EQ(metrics.value("rpc_peer_info_addr_processed_total"), 150);
    EXPECT_EQ(metrics.value("rpc_peer_info_addr_ratelimited_total"), 7);
    EXPECT_EQ(metrics.value("rpc_peer_info_addr_ratelimited_peers"), 1);
    EXPECT_EQ(metrics.value("rpc_peer_info_inflight_block_peers"), 2);
    EXPECT_EQ(metrics.value("rpc_peer_info_inflight_distinct_blocks_heights"), 2);
}

TEST(RpcPeers, ShowsDiversityOfInboundIpv4)
{
    Metrics metrics;
    metrics.publish({peers({at("192.0.2.1:1"), at("192.0.9.1:1"), at("198.51.100.1:1"), at("203.0.113.1:1"),
                            at("10.0.0.1:1", false), at("[::1]:1", true, "ipv6"),
                            at("127.0.0.1:1", true, "not_publicly_routable")})});
    EXPECT_EQ(metrics.value("rpc_peer_info_connection_divserity_inbound_ipv4"), 0.75);
    metrics.publish({peers({at("192.0.2.1:1", false)})});
    EXPECT_EQ(metrics.value("rpc_peer_info_connection_divserity_inbound_ipv4"), std::nullopt);
}

TEST(RpcPeers, CountsRelayBelowOneSatoshi)
{
    Metrics metrics;
    const auto relay = [](bool relays, std::optional<double> filter, const char* sent) {
        return peer([&](auto& p) {
            p.set_relaytxes(relays);
            if (filter) p.set_minfeefilter(*filter);
            (*p.mutable_bytessent_per_msg())[sent] = 10;
        });
    };
    metrics.publish({peers({relay(true, 0.000001, "tx"), relay(true, 0.00001, "tx"), relay(true, 0.000001, "inv"),
                            relay(false, 0.000001, "tx"), relay(true, {}, "tx")})});
    EXPECT_EQ(metrics.value("rpc_peer_info_sub1satvb_relay"), 1);
}

TEST(RpcPeers, SumsWaitingAnnouncements)
{
    Metrics metrics;
    const auto waiting = [](bool relays, std::optional<std::uint64_t> count, double load) {
        return peer([&](auto& p) {
            p.set_relaytxes(relays);
            if (count) p.set_inv_to_send(*count);
            if (load >= 0) p.set_cpu_load(load);
        });
    };
    metrics.publish({peers({waiting(true, 1, 2), waiting(true, 5, 4), waiting(true, 3, 0), waiting(false, 1000, -1),
                            waiting(true, {}, -1)})});
    EXPECT_EQ(metrics.value("rpc_peer_info_invtosend_sum"), 9);
    EXPECT_EQ(metrics.value("rpc_peer_info_invtosend_max"), 5);
    EXPECT_EQ(metrics.value("rpc_peer_info_invtosend_median"), 3);
    EXPECT_EQ(metrics.value("rpc_peer_info_invtosend_mean"), 3);
    EXPECT_EQ(metrics.value("rpc_peer_info_invtosend_min"), 1);
    EXPECT_EQ(metrics.value("rpc_peer_info_cpuload_sum"), 6);
    EXPECT_EQ(metrics.value("rpc_peer_info_cpuload_min"), 2);
    EXPECT_EQ(metrics.value("rpc_peer_info_cpuload_median"), 3);
    metrics.publish({peers({})});
    EXPECT_EQ(metrics.value("rpc_peer_info_invtosend_sum"), std::nullopt);
    EXPECT_EQ(metrics.value("rpc_peer_info_num_peers"), 0);
}

} // namespace
} // namespace peer_observer::metrics::testing
