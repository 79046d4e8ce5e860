#include "services/metrics/testing/metrics_testing.h"

namespace peer_observer::metrics::testing {
namespace {

proto::Event opened(bool inbound, std::int64_t peer_id, std::uint64_t count, const std::string& address = "192.0.2.1:1",
                    proto::Network network = proto::IPV4, const std::string& type = "")
{
    auto event = sample_event();
    auto& connection = *event.mutable_connection();
    auto& open = *(inbound ? connection.mutable_inbound() : connection.mutable_outbound());
    open.set_peer_id(peer_id);
    open.set_address(address);
    open.set_connection_type(!type.empty() ? type : inbound ? "inbound" : "outbound-full-relay");
    open.set_network(network);
    open.set_connection_count(count);
    return event;
}

proto::Event closed(bool inbound, std::int64_t peer_id, std::int64_t established_s = kTime_s - 60,
                    proto::Network network = proto::IPV4)
{
    auto event = sample_event();
    auto& end = *event.mutable_connection()->mutable_closed();
    end.set_peer_id(peer_id);
    end.set_connection_type(inbound ? "inbound" : "manual");
    end.set_network(network);
    end.set_established_s(established_s);
    return event;
}

proto::Event evicted(std::int64_t peer_id)
{
    auto event = sample_event();
    event.mutable_connection()->mutable_evicted()->set_peer_id(peer_id);
    event.mutable_connection()->mutable_evicted()->set_connection_type("inbound");
    return event;
}

proto::Event of_process(std::uint32_t pid, proto::Event event)
{
    event.set_pid(pid);
    return event;
}

std::optional<double> inbound_now(const Metrics& metrics) { return metrics.value("conn_inbound_current"); }

TEST(Connections, CountsOpenedByDirectionAndNetwork)
{
    Metrics metrics;
    metrics.publish({opened(true, 1, 1), opened(true, 2, 2, "x.onion:1", proto::ONION), opened(false, 3, 1),
                     opened(false, 4, 2, "[fc00::1]:1", proto::CJDNS),
                     opened(false, 5, 3, "192.0.2.1:1", static_cast<proto::Network>(99))});
    EXPECT_EQ(metrics.value("conn_inbound"), 2);
    EXPECT_EQ(metrics.value("conn_outbound"), 3);
    EXPECT_THAT(metrics.values("conn_inbound_network"),
                UnorderedElementsAre(Pair(R"(network="1")", 1), Pair(R"(network="3")", 1)));
    EXPECT_THAT(
        metrics.values("conn_outbound_network"),
        UnorderedElementsAre(Pair(R"(network="1")", 1), Pair(R"(network="5")", 1), Pair(R"(network="other")", 1)))
        << "networks add up to the total";
    EXPECT_EQ(inbound_now(metrics), 2);
    EXPECT_EQ(metrics.value("conn_outbound_current"), 3);
}

TEST(Connections, CountsClosedWithTheirAge)
{
    Metrics metrics;
    const std::int64_t in_the_future = kTime_s + 1000;
    const std::int64_t unreadable = 0;
    metrics.publish({closed(true, 1), closed(false, 2, kTime_s - 3, proto::I2P), closed(true, 3, in_the_future),
                     closed(true, 4, unreadable)});
    EXPECT_EQ(metrics.value("conn_closed"), 4);
    EXPECT_THAT(metrics.values("conn_closed_network"),
                UnorderedElementsAre(Pair(R"(network="1")", 3), Pair(R"(network="4")", 1)));
    EXPECT_EQ(metrics.value("conn_closed_age"), 63);
    EXPECT_EQ(inbound_now(metrics), std::nullopt); // how many there were was never said
}

TEST(Connections, LowersCurrentWhenOneCloses)
{
    Metrics metrics;
    metrics.publish({opened(true, 1, 51), closed(true, 1), closed(true, 0), opened(false, 2, 10), closed(false, 2)});
    EXPECT_EQ(inbound_now(metrics), 49);
    EXPECT_EQ(metrics.value("conn_outbound_current"), 9);
}

TEST(Connections, CountsEvictedOnce)
{
    Metrics metrics;
    // Core still counts the evicted one when it opens the new one, and closes it afterwards.
    metrics.publish({opened(true, 20, 21), evicted(5)});
    EXPECT_EQ(inbound_now(metrics), 20);
    metrics.publish({opened(true, 21, 22)});
    EXPECT_EQ(inbound_now(metrics), 21);
    metrics.publish({closed(true, 5)});
    EXPECT_EQ(inbound_now(metrics), 21);
    EXPECT_EQ(metrics.value("conn_evicted_inbound"), 1);
}

TEST(Connections, ReplacesOldProcessOnRestart)
{
    Publisher beta{.node = "beta", .id = 2};
    Metrics metrics;
    metrics.publish(beta, {opened(true, 1, 7)});
    metrics.publish({of_process(1, opened(true, 1, 40)), of_process(2, opened(true, 0, 1))});
    EXPECT_THAT(metrics.values("conn_inbound_current"),
                UnorderedElementsAre(Pair(R"()", 1), Pair(R"(host="beta")", 7)));
}

TEST(Connections, AwaitsNextCountOfANewPublisher)
{
    Metrics metrics;
    metrics.publish({opened(true, 1, 40)});
    proto::EventBatch from_new_publisher;
    *from_new_publisher.add_events() = inbound_message("ping");
    const auto bytes = from_new_publisher.SerializeAsString();
    metrics.observe({{.node = "alpha", .publisher_id = 42, .event_count = 1, .bytes = bytes}});
    EXPECT_EQ(inbound_now(metrics), std::nullopt);
}

TEST(Connections, ForgetsSilentPublisher)
{
    Metrics metrics;
    metrics.publish({opened(true, 1, 40)});
    metrics.now.steady += 15s;
    metrics.tick();
    EXPECT_EQ(inbound_now(metrics), 40);
    metrics.now.steady += 1s;
    metrics.tick();
    EXPECT_EQ(inbound_now(metrics), std::nullopt);
    metrics.publish({opened(true, 2, 41)});
    EXPECT_EQ(inbound_now(metrics), 41);
}

TEST(Connections, AddsUpTwoProcesses)
{
    Metrics metrics;
    metrics.publish({of_process(1, opened(true, 1, 40)), of_process(2, opened(true, 1, 5)),
                     of_process(1, inbound_message("ping"))});
    EXPECT_EQ(inbound_now(metrics), 45);
}

TEST(Connections, KeepsCurrentOnEventsWithoutProcess)
{
    Metrics metrics;
    const auto lost = with(proto::Event{}, [](auto& event) { event.mutable_events_lost()->set_count(1); });
    metrics.publish({of_process(1, opened(true, 1, 40)), lost});
    EXPECT_EQ(inbound_now(metrics), 40);
}

TEST(Connections, CountsPrivateBroadcasts)
{
    Metrics metrics;
    metrics.publish({opened(false, 1, 1), opened(false, 2, 2, "x.onion:1", proto::ONION, "private-broadcast")});
    EXPECT_EQ(metrics.value("conn_outbound_private_broadcast_total"), 1);
}

TEST(Connections, CountsByIpList)
{
    const TemporaryFile net{"192.0.2.0/24\n"};
    const TemporaryFile one{"192.0.2.1\n2001:db8::1\n"};
    Metrics metrics{{"banlist_gmax=" + net.path, "banlist_monero=" + one.path, "linkinglion=" + one.path,
                     "tor_exit=" + one.path, "my_own=" + one.path}};
    metrics.publish({opened(true, 1, 1, "192.0.2.1:1"), opened(true, 2, 2, "192.0.2.2:1"),
                     opened(true, 3, 3, "[2001:db8::1]:1"), opened(true, 4, 4, "x.onion:1"),
                     opened(false, 5, 1, "192.0.2.1:1")});
    EXPECT_EQ(metrics.value("conn_inbound_banlist_gmax"), 2);
    EXPECT_EQ(metrics.value("conn_inbound_banlist_monero"), 2);
    EXPECT_EQ(metrics.value("conn_inbound_list_linkinglion"), 2);
    EXPECT_EQ(metrics.value("conn_inbound_tor_exit"), 2);
    EXPECT_THAT(metrics.values("conn_inbound_listed_total"),
                UnorderedElementsAre(Pair(R"(list="banlist_gmax")", 2), Pair(R"(list="banlist_monero")", 2),
                                     Pair(R"(list="linkinglion")", 2), Pair(R"(list="tor_exit")", 2),
                                     Pair(R"(list="my_own")", 2)));
}

TEST(Connections, ShowsNoSeriesWithoutAnIpList)
{
    Metrics metrics;
    metrics.publish({opened(true, 1, 1)});
    const auto page = metrics.page();
    for (const char* part : {"banlist", "linkinglion", "tor_exit", "listed", "ip_list"})
        EXPECT_THAT(page, Not(HasSubstr(part)));
}

TEST(Connections, CountsMisbehaviourByReason)
{
    Metrics metrics;
    const auto misbehaving = [](std::int64_t peer_id) {
        return with(sample_event(), [&](auto& event) {
            event.mutable_connection()->mutable_misbehaving()->set_peer_id(peer_id);
            event.mutable_connection()->mutable_misbehaving()->set_reason("headers message size = 2001");
        });
    };
    metrics.publish({inbound_message("ping")}); // before the first scrape
    EXPECT_EQ(metrics.value("conn_misbehaving_reason", R"(misbehavingmessage="other")"), 0);
    metrics.publish({misbehaving(1), misbehaving(2)});
    EXPECT_THAT(metrics.values("conn_misbehaving"),
                ElementsAre(Pair(R"(misbehavingmessage="headers message size = 2001")", 2)));
    EXPECT_THAT(metrics.values("conn_misbehaving_reason"),
                ElementsAre(Pair(R"(misbehavingmessage="headers message size = 2001")", 2)));
}

} // namespace
} // namespace peer_observer::metrics::testing
