#include "libs/asmap/asmap_testing.h"
#include "services/metrics/testing/metrics_testing.h"

#include <random>

namespace peer_observer::metrics::testing {
namespace {

/// 11.N.0.0/16 is AS 64500 + N.
std::shared_ptr<asmap::AutonomousSystems> sixteen_systems()
{
    asmap::NetworkList networks;
    for (std::uint32_t i = 0; i < 16; ++i)
        networks.emplace_back(fmt::format("11.{}.0.0/16", i), 64500 + i);
    return asmap::systems_of(networks, "64501\tOne, Inc.\n");
}

std::string address_of(std::uint32_t as, unsigned host = 1) { return fmt::format("11.{}.0.{}:8333", as, host); }

proto::Event as_opened(std::int64_t id, const std::string& address, const std::string& type = "inbound",
                       proto::Network network = proto::IPV4)
{
    auto event = sample_event();
    auto& connection = *event.mutable_connection();
    auto& open = *(type == "inbound" ? connection.mutable_inbound() : connection.mutable_outbound());
    open.set_peer_id(id);
    open.set_address(address);
    open.set_connection_type(type);
    open.set_network(network);
    return event;
}

void fill_end(proto::EndedConnection& end, std::int64_t id, const std::string& address, const std::string& type)
{
    end.set_peer_id(id);
    end.set_address(address);
    end.set_connection_type(type);
    end.set_network(proto::IPV4);
}

proto::Event as_closed(std::int64_t id, const std::string& address, const std::string& type = "inbound")
{
    return with(sample_event(),
                [&](auto& event) { fill_end(*event.mutable_connection()->mutable_closed(), id, address, type); });
}

proto::Event as_evicted(std::int64_t id, const std::string& address)
{
    return with(sample_event(),
                [&](auto& event) { fill_end(*event.mutable_connection()->mutable_evicted(), id, address, "inbound"); });
}

proto::Event as_misbehaving(std::int64_t id)
{
    return with(sample_event(), [&](auto& event) {
        event.mutable_connection()->mutable_misbehaving()->set_peer_id(id);
        event.mutable_connection()->mutable_misbehaving()->set_reason("mutated block");
    });
}

proto::Event message_from(std::int64_t id, const std::string& address, const std::string& type = "inbound")
{
    return with(inbound_message("ping"), [&](auto& event) {
        event.mutable_message()->mutable_inbound()->set_peer_id(id);
        event.mutable_message()->mutable_inbound()->set_address(address);
        event.mutable_message()->mutable_inbound()->set_connection_type(type);
    });
}

class PeersByAs : public ::testing::Test {
protected:
    std::shared_ptr<asmap::AutonomousSystems> systems = sixteen_systems();
    Metrics metrics{{}, {systems.get(), 3}};
};

TEST_F(PeersByAs, CountsOpenedAndClosedByDirection)
{
    metrics.publish({as_opened(1, address_of(1)), as_opened(2, address_of(1)), as_opened(3, address_of(2), "manual"),
                     as_opened(4, "12.0.0.1:1"), as_closed(2, address_of(1)), as_closed(3, address_of(2), "manual")});
    EXPECT_THAT(metrics.values("as_opened_total"),
                UnorderedElementsAre(Pair(R"(asn="64501",direction="inbound")", 2),
                                     Pair(R"(asn="64502",direction="outbound")", 1),
                                     Pair(R"(asn="unmapped",direction="inbound")", 1)));
    EXPECT_THAT(metrics.values("as_closed_total"),
                UnorderedElementsAre(Pair(R"(asn="64501",direction="inbound")", 1),
                                     Pair(R"(asn="64502",direction="outbound")", 1)));
}

TEST_F(PeersByAs, CountsEvictedAndMisbehaving)
{
    metrics.publish({as_opened(1, address_of(1)), as_misbehaving(1), as_misbehaving(1), as_misbehaving(99),
                     as_evicted(1, address_of(1)), as_evicted(7, address_of(2))});
    EXPECT_THAT(metrics.values("as_evicted_total"),
                UnorderedElementsAre(Pair(R"(asn="64501")", 1), Pair(R"(asn="64502")", 1)));
    EXPECT_THAT(metrics.values("as_misbehaving_total"), ElementsAre(Pair(R"(asn="64501")", 2)));
}

TEST_F(PeersByAs, KnowsPeersOfWhichItSawNoOpeningByTheirMessages)
{
    metrics.publish({message_from(1, address_of(1)), message_from(1, address_of(1)), as_misbehaving(1),
                     message_from(2, address_of(2), "block-relay-only")});
    metrics.tick();
    EXPECT_THAT(metrics.values("as_peers"), UnorderedElementsAre(Pair(R"(asn="64501",direction="inbound")", 1),
                                                                 Pair(R"(asn="64502",direction="outbound")", 1)));
    EXPECT_THAT(metrics.values("as_misbehaving_total"), ElementsAre(Pair(R"(asn="64501")", 1)));
    EXPECT_THAT(metrics.values("as_opened_total"), IsEmpty());
}

TEST_F(PeersByAs, LeavesOutPeersOfOtherNetworks)
{
    metrics.publish(
        {as_opened(1, "127.0.0.1:9", "inbound", proto::ONION), as_opened(2, "x.onion:8333", "manual", proto::ONION),
         as_opened(3, "[fc00::1]:1", "inbound", proto::CJDNS), as_opened(4, "10.0.0.1:1", "inbound", proto::UNROUTABLE),
         message_from(5, "127.0.0.1:7"), message_from(1, "127.0.0.1:9"), as_misbehaving(1)});
    metrics.tick();
    for (const auto* name : {"as_opened_total", "as_peers", "as_unmapped_peers", "as_misbehaving_total"})
        EXPECT_THAT(metrics.values(name), IsEmpty()) << name;
}

TEST_F(PeersByAs, ShowsDiversity)
{
    metrics.publish({as_opened(1, address_of(1)), as_opened(2, address_of(1)), as_opened(3, address_of(2)),
                     as_opened(4, "12.0.0.1:1")});
    metrics.tick();
    EXPECT_EQ(metrics.value("as_distinct", R"(direction="inbound")"), 2);
    EXPECT_EQ(metrics.value("as_largest_share", R"(direction="inbound")"), 0.5);
    EXPECT_EQ(metrics.value("as_unmapped_peers", R"(direction="inbound")"), 1);
    EXPECT_EQ(metrics.value("as_distinct", R"(direction="outbound")"), 0);
    EXPECT_EQ(metrics.value("as_largest_share", R"(direction="outbound")"), std::nullopt);
    metrics.publish({as_closed(1, address_of(1)), as_closed(2, address_of(1)), as_closed(3, address_of(2)),
                     as_closed(4, "12.0.0.1:1")});
    metrics.tick();
    EXPECT_EQ(metrics.value("as_distinct", R"(direction="inbound")"), 0);
    EXPECT_EQ(metrics.value("as_peers", R"(asn="64501",direction="inbound")"), std::nullopt);
}

TEST_F(PeersByAs, ShowsTheLargestAndAddsUpTheOthers)
{
    std::vector<proto::Event> events;
    std::int64_t id = 0;
    for (std::uint32_t as = 0; as < 6; ++as)
        for (std::uint32_t i = 0; i <= as; ++i)
            events.push_back(as_opened(++id, address_of(as, i)));
    metrics.publish(events);
    metrics.tick();
    EXPECT_THAT(metrics.values("as_peers"), UnorderedElementsAre(Pair(R"(asn="64505",direction="inbound")", 6),
                                                                 Pair(R"(asn="64504",direction="inbound")", 5),
                                                                 Pair(R"(asn="64503",direction="inbound")", 4),
                                                                 Pair(R"(asn="other",direction="inbound")", 6)));
    // What was counted of an AS before it was among the largest stays with the others.
    EXPECT_THAT(metrics.values("as_opened_total"),
                UnorderedElementsAre(
                    Pair(R"(asn="64505",direction="inbound")", 3), Pair(R"(asn="64504",direction="inbound")", 3),
                    Pair(R"(asn="64503",direction="inbound")", 3), Pair(R"(asn="other",direction="inbound")", 12)));
    EXPECT_EQ(metrics.value("as_distinct", R"(direction="inbound")"), 6);
}

/// An AS that grows takes the place of the smallest, whose counts go to `other`: no sum falls.
TEST_F(PeersByAs, NeverLosesACount)
{
    std::mt19937 random{1};
    double last = 0;
    for (int i = 1; i <= 2'000; ++i) {
        metrics.publish({as_opened(i, address_of(random() % 16)), as_closed(i, address_of(random() % 16))});
        double sum = 0;
        const auto values = metrics.values("as_opened_total");
        for (const auto& [labels, value] : values)
            sum += value;
        ASSERT_EQ(sum, i);
        ASSERT_LE(values.size(), 4U); // three, and `other`
        const double other = metrics.value("as_opened_total", R"(asn="other",direction="inbound")").value();
        ASSERT_GE(other, last);
        last = other;
    }
}

/// A newcomer with many connections is not folded by the next that has one.
TEST_F(PeersByAs, FoldsTheSmallestNotTheOldest)
{
    std::vector<proto::Event> events;
    for (int i = 0; i < 100; ++i)
        events.push_back(as_opened(i, address_of(1)));
    for (int i = 100; i < 130; ++i) {
        events.push_back(as_opened(i, address_of(static_cast<std::uint32_t>(2 + i % 12))));
        events.push_back(as_opened(i + 1'000, address_of(15)));
    }
    metrics.publish(events);
    const auto values = metrics.values("as_opened_total");
    EXPECT_EQ(values.at(R"(asn="64501",direction="inbound")"), 100);
    EXPECT_EQ(values.at(R"(asn="64515",direction="inbound")"), 30);
}

TEST_F(PeersByAs, ShowsNames)
{
    metrics.publish({as_opened(1, address_of(1)), as_opened(2, address_of(2))});
    metrics.tick();
    EXPECT_THAT(metrics.values("as_info"),
                UnorderedElementsAre(Pair(R"(asn="64501",name="One, Inc.")", 1), Pair(R"(asn="64502",name="")", 1),
                                     Pair(R"(asn="unmapped",name="")", 1), Pair(R"(asn="other",name="")", 1)));
}

TEST_F(PeersByAs, ForgetsPeersOfAProcessThatIsGone)
{
    metrics.publish({as_opened(1, address_of(1)), as_opened(2, address_of(1))});
    metrics.publish({with(as_opened(1, address_of(2)), [](auto& event) { event.set_pid(101); })});
    metrics.tick();
    EXPECT_THAT(metrics.values("as_peers"), ElementsAre(Pair(R"(asn="64502",direction="inbound")", 1)));
    metrics.now.steady += 60s;
    metrics.tick(); // the publisher is silent
    EXPECT_THAT(metrics.values("as_peers"), IsEmpty());
}

TEST_F(PeersByAs, StartsAtZero)
{
    metrics.publish({inbound_message("ping")});
    EXPECT_EQ(metrics.value("as_evicted_total", R"(asn="other")"), 0);
    EXPECT_EQ(metrics.value("as_opened_total", R"(asn="other",direction="outbound")"), 0);
}

TEST(PeersByNoAs, AreNotShown)
{
    Metrics metrics;
    metrics.publish({as_opened(1, address_of(1)), as_misbehaving(1)});
    metrics.tick();
    EXPECT_THAT(metrics.page(), Not(HasSubstr("peerobserver_as_")));
}

} // namespace
} // namespace peer_observer::metrics::testing
