#include "services/metrics/testing/metrics_testing.h"

namespace peer_observer::metrics::testing {
namespace {

using proto::NodeConnection;

/// Of the p2p-extractor, which no process sends.
proto::Event of_peer(const auto& fill)
{
    proto::Event event;
    event.set_timestamp_ns(kTime_s * 1'000'000'000);
    fill(*event.mutable_p2p_extractor());
    return event;
}

void from_node(auto& event) { event.mutable_connection()->set_direction(NodeConnection::FROM_NODE); }
void to_node(auto& event) { event.mutable_connection()->set_direction(NodeConnection::TO_NODE); }

proto::Event answered(std::int64_t round_trip_ns)
{
    return of_peer([&](auto& event) {
        from_node(*event.mutable_ping_answered());
        event.mutable_ping_answered()->set_round_trip_ns(round_trip_ns);
    });
}

proto::Event waiting(std::int64_t waiting_ns)
{
    return of_peer([&](auto& event) {
        from_node(*event.mutable_ping_waiting());
        event.mutable_ping_waiting()->set_waiting_ns(waiting_ns);
    });
}

TEST(P2pExtractorMetrics, ShowNothingOfANodeWithoutOne)
{
    Metrics metrics;
    metrics.publish({inbound_message("ping")});
    EXPECT_THAT(metrics.page(), Not(HasSubstr("p2pextractor")));
}

TEST(P2pExtractorMetrics, ShowPingsAndTheirBacklog)
{
    Metrics metrics;
    metrics.publish({answered(2'000'000), answered(300'000)});
    EXPECT_EQ(metrics.value("p2pextractor_ping_duration_nanoseconds"), 300'000);
    EXPECT_THAT(metrics.histogram(metric("p2pextractor_ping_seconds"), R"(direction="outbound",host="alpha")"),
                Contains(HasSubstr("_count{direction=\"outbound\",host=\"alpha\"} 2")));
    metrics.publish({waiting(60'000'000'000)});
    EXPECT_EQ(metrics.value("p2pextractor_ping_waiting_seconds", R"(direction="outbound")"), 60);
    metrics.publish({answered(61'000'000'000)});
    EXPECT_EQ(metrics.value("p2pextractor_ping_waiting_seconds", R"(direction="outbound")"), 0);
}

TEST(P2pExtractorMetrics, CountAddressesByNetwork)
{
    Metrics metrics;
    const auto addresses = [](std::uint64_t count, proto::Address::Network network) {
        return of_peer([&](auto& event) {
            event.mutable_addresses()->set_count(count);
            auto& entry = *event.mutable_addresses()->add_networks();
            entry.set_network(network);
            entry.set_count(count);
        });
    };
    metrics.publish({addresses(1000, proto::Address::IPV4), addresses(10, proto::Address::TORV3),
                     addresses(3, proto::Address::UNKNOWN)});
    EXPECT_THAT(metrics.values("p2pextractor_addrv2relay_addresses"),
                UnorderedElementsAre(Pair(R"(network="ipv4")", 1000), Pair(R"(network="onion")", 10),
                                     Pair(R"(network="unknown")", 3)));
    EXPECT_EQ(metrics.value("p2pextractor_addrv2relay_messages"), 3);
    EXPECT_EQ(metrics.value("p2pextractor_addrv2relay_messages_10_or_less_entries"), 2);
    EXPECT_EQ(metrics.value("p2pextractor_addrv2relay_size"), 3);
}

TEST(P2pExtractorMetrics, CountInventoryByType)
{
    Metrics metrics;
    metrics.publish({of_peer([](auto& event) {
        event.mutable_inventory()->set_count(40);
        auto& entry = *event.mutable_inventory()->add_types();
        entry.set_type(proto::InventoryItem::WTX);
        entry.set_count(35);
    })});
    EXPECT_THAT(metrics.values("p2pextractor_invs_items"),
                UnorderedElementsAre(Pair(R"(inv_type="wtx")", 35), Pair(R"(inv_type="unknown")", 5)));
    EXPECT_EQ(metrics.value("p2pextractor_invs_messages"), 1);
    EXPECT_EQ(metrics.value("p2pextractor_invs_size"), 40);
}

TEST(P2pExtractorMetrics, CountEndsByReason)
{
    Metrics metrics;
    metrics.publish({of_peer([](auto& event) {
                         to_node(*event.mutable_connect_failed());
                         event.mutable_connect_failed()->set_reason(proto::NETWORK_ERROR);
                     }),
                     of_peer([](auto& event) {
                         from_node(*event.mutable_disconnected());
                         event.mutable_disconnected()->set_reason(static_cast<proto::EndReason>(77));
                     })});
    EXPECT_THAT(metrics.values("p2pextractor_ended_total"),
                UnorderedElementsAre(Pair(R"(direction="inbound",reason="network_error")", 1),
                                     Pair(R"(direction="outbound",reason="unknown")", 1)));
}

TEST(P2pExtractorMetrics, AreNoProcessOfTheNode)
{
    Metrics metrics;
    metrics.publish({inbound_message("ping"), answered(1), inbound_message("ping"), answered(1)});
    EXPECT_EQ(metrics.value("node_restarts_total"), 0);
    EXPECT_EQ(metrics.value("unknown_events_total"), 0);
}

/// At so many milliseconds.
proto::Event at(proto::Event event, std::int64_t time_ms)
{
    event.set_timestamp_ns(kTime_s * 1'000'000'000 + static_cast<std::uint64_t>(time_ms) * 1'000'000);
    return event;
}

proto::Event announced(std::int64_t time_ms)
{
    return at(of_peer([](auto& event) {
                  from_node(*event.mutable_block_announced());
                  event.mutable_block_announced()->set_hash("h");
                  event.mutable_block_announced()->set_by(proto::BlockAnnounced::CMPCTBLOCK);
              }),
              time_ms);
}

proto::Event heard(std::int64_t time_ms)
{
    auto event = at(inbound_message("headers"), time_ms);
    payload_of(event).mutable_headers()->add_headers()->set_hash("h");
    return event;
}

proto::Event connected(std::int64_t time_ms)
{
    auto event = at(sample_event(), time_ms);
    event.mutable_validation()->mutable_block_connected()->set_hash("h");
    return event;
}

TEST(BlockDelays, AreMeasuredInWhateverOrderTheEventsCome)
{
    const auto since_heard = metric("p2pextractor_block_delay_since_heard_seconds");
    const auto since_connected = metric("p2pextractor_block_delay_since_connected_seconds");
    const std::string outbound = R"(direction="outbound",host="alpha")";
    std::vector<proto::Event> events = {heard(1000), announced(1250), connected(1500)};
    std::vector<int> order = {0, 1, 2};
    do {
        Metrics metrics;
        metrics.publish({answered(1)}); // so that it is known that there is one
        for (const int i : order)
            metrics.publish({events[static_cast<std::size_t>(i)]});
        metrics.publish({heard(2000), announced(3000), connected(4000)}); // the first ones count
        EXPECT_EQ(metrics.histogram(since_heard, outbound), histogram_of(since_heard, outbound, {0.25}));
        EXPECT_EQ(metrics.histogram(since_connected, outbound), histogram_of(since_connected, outbound, {-0.25}));
        EXPECT_THAT(metrics.values("p2pextractor_blocks_announced_total"),
                    ElementsAre(Pair(R"(by="cmpctblock",direction="outbound")", 2)));
    } while (std::ranges::next_permutation(order).found);
}

TEST(BlockDelays, AreNotMeasuredFromLongLists)
{
    Metrics metrics;
    auto long_list = heard(1000);
    for (int i = 0; i < 8; ++i)
        payload_of(long_list).mutable_headers()->add_headers()->set_hash(std::string(1, static_cast<char>('a' + i)));
    metrics.publish({answered(1), long_list, announced(1250)});
    EXPECT_THAT(metrics.page(),
                HasSubstr("block_delay_since_heard_seconds_count{direction=\"outbound\",host=\"alpha\"} 0"));
}

} // namespace
} // namespace peer_observer::metrics::testing
