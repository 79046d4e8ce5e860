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

std::vector<std::string> inbound_now(const Pipeline& pipeline)
{
    return pipeline.samples(Metric::conn_inbound_current);
}

TEST(Connections, ThatAreOpenedAreCountedByDirectionAndNetwork)
{
    Pipeline pipeline;
    pipeline.publish({opened(true, 1, 1), opened(true, 2, 2, "x.onion:1", proto::ONION), opened(false, 3, 1),
                      opened(false, 4, 2, "[fc00::1]:1", proto::CJDNS),
                      opened(false, 5, 3, "192.0.2.1:1", static_cast<proto::Network>(99))});
    EXPECT_THAT(pipeline.samples(Metric::conn_inbound), ElementsAre(R"(peerobserver_conn_inbound{host="alpha"} 2)"));
    EXPECT_THAT(pipeline.samples(Metric::conn_outbound), ElementsAre(R"(peerobserver_conn_outbound{host="alpha"} 3)"));
    EXPECT_THAT(pipeline.samples(Metric::conn_inbound_network),
                UnorderedElementsAre(R"(peerobserver_conn_inbound_network{host="alpha",network="1"} 1)",
                                     R"(peerobserver_conn_inbound_network{host="alpha",network="3"} 1)"));
    EXPECT_THAT(pipeline.samples(Metric::conn_outbound_network),
                UnorderedElementsAre(R"(peerobserver_conn_outbound_network{host="alpha",network="1"} 1)",
                                     R"(peerobserver_conn_outbound_network{host="alpha",network="5"} 1)"));
    EXPECT_THAT(inbound_now(pipeline), ElementsAre(R"(peerobserver_conn_inbound_current{host="alpha"} 2)"));
    EXPECT_THAT(pipeline.samples(Metric::conn_outbound_current),
                ElementsAre(R"(peerobserver_conn_outbound_current{host="alpha"} 3)"));
}

TEST(Connections, ThatAreClosedAreCountedWithTheirAge)
{
    Pipeline pipeline;
    const std::int64_t in_the_future = kTime_s + 1000;
    const std::int64_t unreadable = 0;
    pipeline.publish({closed(true, 1), closed(false, 2, kTime_s - 3, proto::I2P), closed(true, 3, in_the_future),
                      closed(true, 4, unreadable)});
    EXPECT_THAT(pipeline.samples(Metric::conn_closed), ElementsAre(R"(peerobserver_conn_closed{host="alpha"} 4)"));
    EXPECT_THAT(pipeline.samples(Metric::conn_closed_network),
                UnorderedElementsAre(R"(peerobserver_conn_closed_network{host="alpha",network="1"} 3)",
                                     R"(peerobserver_conn_closed_network{host="alpha",network="4"} 1)"));
    EXPECT_THAT(pipeline.samples(Metric::conn_closed_age),
                ElementsAre(R"(peerobserver_conn_closed_age{host="alpha"} 63)"));
    EXPECT_THAT(inbound_now(pipeline), IsEmpty()); // how many there were was never said
}

TEST(Connections, OpenNowFallWhenOneIsClosed)
{
    Pipeline pipeline;
    pipeline.publish({opened(true, 1, 51), closed(true, 1), closed(true, 0), opened(false, 2, 10), closed(false, 2)});
    EXPECT_THAT(inbound_now(pipeline), ElementsAre(R"(peerobserver_conn_inbound_current{host="alpha"} 49)"));
    EXPECT_THAT(pipeline.samples(Metric::conn_outbound_current),
                ElementsAre(R"(peerobserver_conn_outbound_current{host="alpha"} 9)"));
}

TEST(Connections, ThatAreEvictedAreCountedAndLeaveOnce)
{
    Pipeline pipeline;
    // Core still counts the evicted one when it opens the new one, and closes it afterwards.
    pipeline.publish({opened(true, 20, 21), evicted(5)});
    EXPECT_THAT(inbound_now(pipeline), ElementsAre(R"(peerobserver_conn_inbound_current{host="alpha"} 20)"));
    pipeline.publish({opened(true, 21, 22)});
    EXPECT_THAT(inbound_now(pipeline), ElementsAre(R"(peerobserver_conn_inbound_current{host="alpha"} 21)"));
    pipeline.publish({closed(true, 5)});
    EXPECT_THAT(inbound_now(pipeline), ElementsAre(R"(peerobserver_conn_inbound_current{host="alpha"} 21)"));
    EXPECT_THAT(pipeline.samples(Metric::conn_evicted_inbound),
                ElementsAre(R"(peerobserver_conn_evicted_inbound{host="alpha"} 1)"));
}

TEST(Connections, OfANodeThatWasStartedAgainReplaceTheOldOnes)
{
    Source beta{"beta"};
    Pipeline pipeline{{}, {beta.url()}};
    pipeline.publish(beta, {opened(true, 1, 7)});
    pipeline.publish({of_process(1, opened(true, 1, 40)), of_process(2, opened(true, 0, 1))});
    EXPECT_THAT(inbound_now(pipeline), UnorderedElementsAre(R"(peerobserver_conn_inbound_current{host="alpha"} 1)",
                                                            R"(peerobserver_conn_inbound_current{host="beta"} 7)"));
}

TEST(Connections, OfPublishersThatStartedAgainWaitForTheNextCount)
{
    Pipeline pipeline;
    pipeline.publish({opened(true, 1, 40)});
    proto::EventBatch from_new_publisher;
    *from_new_publisher.add_events() = inbound_message("ping");
    const auto bytes = from_new_publisher.SerializeAsString();
    pipeline.observe({{.node = "alpha", .publisher_id = 42, .event_count = 1, .bytes = bytes}});
    EXPECT_THAT(inbound_now(pipeline), IsEmpty());
}

TEST(Connections, OfAPublisherThatWentSilentAreForgotten)
{
    Pipeline pipeline;
    pipeline.publish({opened(true, 1, 40)});
    pipeline.now.steady += 15s;
    pipeline.tick();
    EXPECT_THAT(inbound_now(pipeline), ElementsAre(R"(peerobserver_conn_inbound_current{host="alpha"} 40)"));
    pipeline.now.steady += 1s;
    pipeline.tick();
    EXPECT_THAT(inbound_now(pipeline), IsEmpty());
    pipeline.publish({opened(true, 2, 41)});
    EXPECT_THAT(inbound_now(pipeline), ElementsAre(R"(peerobserver_conn_inbound_current{host="alpha"} 41)"));
}

TEST(Connections, OfTwoProcessesOfOneNodeAreAddedUp)
{
    Pipeline pipeline;
    pipeline.publish({of_process(1, opened(true, 1, 40)), of_process(2, opened(true, 1, 5)),
                      of_process(1, inbound_message("ping"))});
    EXPECT_THAT(inbound_now(pipeline), ElementsAre(R"(peerobserver_conn_inbound_current{host="alpha"} 45)"));
}

TEST(Connections, OfOneProcessStayWhenEventsOfNoProcessCome)
{
    Pipeline pipeline;
    const auto lost = with(proto::Event{}, [](auto& event) { event.mutable_events_lost()->set_count(1); });
    pipeline.publish({of_process(1, opened(true, 1, 40)), lost});
    EXPECT_THAT(inbound_now(pipeline), ElementsAre(R"(peerobserver_conn_inbound_current{host="alpha"} 40)"));
}

TEST(Connections, ForPrivateBroadcastAreCounted)
{
    Pipeline pipeline;
    pipeline.publish({opened(false, 1, 1), opened(false, 2, 2, "x.onion:1", proto::ONION, "private-broadcast")});
    EXPECT_THAT(pipeline.samples(Metric::conn_private_transaction_broadcast),
                ElementsAre(R"(peerobserver_conn_private_transaction_broadcast{host="alpha"} 1)"));
}

TEST(Connections, FromListedAddressesAreCountedByList)
{
    const TemporaryFile net{"192.0.2.0/24\n"};
    const TemporaryFile one{"192.0.2.1\n2001:db8::1\n"};
    Pipeline pipeline{{"banlist_gmax=" + net.path, "banlist_monero=" + one.path, "linkinglion=" + one.path,
                       "tor_exit=" + one.path, "my_own=" + one.path}};
    pipeline.publish({opened(true, 1, 1, "192.0.2.1:1"), opened(true, 2, 2, "192.0.2.2:1"),
                      opened(true, 3, 3, "[2001:db8::1]:1"), opened(true, 4, 4, "x.onion:1"),
                      opened(false, 5, 1, "192.0.2.1:1")});
    EXPECT_THAT(pipeline.samples(Metric::conn_inbound_banlist_gmax),
                ElementsAre(R"(peerobserver_conn_inbound_banlist_gmax{host="alpha"} 2)"));
    EXPECT_THAT(pipeline.samples(Metric::conn_inbound_banlist_monero),
                ElementsAre(R"(peerobserver_conn_inbound_banlist_monero{host="alpha"} 2)"));
    EXPECT_THAT(pipeline.samples(Metric::conn_inbound_list_linkinglion),
                ElementsAre(R"(peerobserver_conn_inbound_list_linkinglion{host="alpha"} 2)"));
    EXPECT_THAT(pipeline.samples(Metric::conn_inbound_tor_exit),
                ElementsAre(R"(peerobserver_conn_inbound_tor_exit{host="alpha"} 2)"));
    EXPECT_THAT(pipeline.samples(Metric::conn_inbound_listed_total),
                UnorderedElementsAre(R"(peerobserver_conn_inbound_listed_total{host="alpha",list="banlist_gmax"} 2)",
                                     R"(peerobserver_conn_inbound_listed_total{host="alpha",list="banlist_monero"} 2)",
                                     R"(peerobserver_conn_inbound_listed_total{host="alpha",list="linkinglion"} 2)",
                                     R"(peerobserver_conn_inbound_listed_total{host="alpha",list="tor_exit"} 2)",
                                     R"(peerobserver_conn_inbound_listed_total{host="alpha",list="my_own"} 2)"));
}

TEST(Connections, HaveNoListSeriesWithoutAList)
{
    Pipeline pipeline;
    pipeline.publish({opened(true, 1, 1)});
    const auto page = pipeline.page();
    for (const char* part : {"banlist", "linkinglion", "tor_exit", "listed", "ip_list"})
        EXPECT_THAT(page, Not(HasSubstr(part)));
}

TEST(Connections, ThatMisbehaveAreCountedByReason)
{
    Pipeline pipeline;
    const auto misbehaving = [](std::int64_t peer_id) {
        return with(sample_event(), [&](auto& event) {
            event.mutable_connection()->mutable_misbehaving()->set_peer_id(peer_id);
            event.mutable_connection()->mutable_misbehaving()->set_reason("headers message size = 2001");
        });
    };
    pipeline.publish({misbehaving(1), misbehaving(2)});
    EXPECT_THAT(
        pipeline.samples(Metric::conn_misbehaving),
        ElementsAre(
            R"(peerobserver_conn_misbehaving{host="alpha",misbehavingmessage="headers message size = 2001"} 2)"));
    EXPECT_THAT(
        pipeline.samples(Metric::conn_misbehaving_reason),
        ElementsAre(
            R"(peerobserver_conn_misbehaving_reason{host="alpha",misbehavingmessage="headers message size = 2001"} 2)"));
}

} // namespace
} // namespace peer_observer::metrics::testing
