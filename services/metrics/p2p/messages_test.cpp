#include "services/metrics/testing/metrics_testing.h"

namespace peer_observer::metrics::testing {
namespace {

proto::Event with_type_and_size(proto::Event event, const std::string& connection_type, std::uint64_t size)
{
    auto& message = *event.mutable_message();
    auto& peer = *(message.has_inbound() ? message.mutable_inbound() : message.mutable_outbound());
    peer.set_connection_type(connection_type);
    peer.set_size(size);
    return event;
}

TEST(Messages, CountsByTypeConnectionTypeAndDirection)
{
    Metrics metrics;
    metrics.publish({with_type_and_size(inbound_message("inv"), "inbound", 37),
                     with_type_and_size(inbound_message("inv"), "inbound", 73),
                     with_type_and_size(outbound_message("inv"), "inbound", 1),
                     with_type_and_size(inbound_message("inv"), "private-broadcast", 0),
                     with_type_and_size(inbound_message("spam"), "block-relay-only", 4'000'000)});
    EXPECT_THAT(
        metrics.values("p2p_message_count"),
        UnorderedElementsAre(Pair(R"(connection_type="inbound",direction="inbound",message="inv")", 2),
                             Pair(R"(connection_type="inbound",direction="outbound",message="inv")", 1),
                             Pair(R"(connection_type="private-broadcast",direction="inbound",message="inv")", 1),
                             Pair(R"(connection_type="block-relay-only",direction="inbound",message="spam")", 1)));
    EXPECT_THAT(metrics.values("p2p_message_bytes"),
                UnorderedElementsAre(
                    Pair(R"(connection_type="inbound",direction="inbound",message="inv")", 110),
                    Pair(R"(connection_type="inbound",direction="outbound",message="inv")", 1),
                    Pair(R"(connection_type="block-relay-only",direction="inbound",message="spam")", 4000000)));
}

TEST(Messages, KeepsCoresConnectionTypes)
{
    Metrics metrics;
    for (const std::string type : {"inbound", "outbound-full-relay", "block-relay-only", "manual", "feeler",
                                   "addr-fetch", "private-broadcast"}) {
        metrics.publish({with_type_and_size(inbound_message("ping"), type, 8)});
        EXPECT_THAT(metrics.page(), HasSubstr("peerobserver_p2p_message_count{connection_type=\"" + type + "\","));
    }
    metrics.publish({with_type_and_size(inbound_message("ping"), "of-tomorrow", 8)});
    EXPECT_THAT(metrics.page(), HasSubstr("peerobserver_p2p_message_count{connection_type=\"other\","));
}

TEST(Messages, CountsLinkingLionSeparately)
{
    const TemporaryFile list{"192.0.2.0/24\n2001:db8::/32\n"};
    Metrics metrics{{"linkinglion=" + list.path}};
    const auto from = [](const std::string& address) {
        return with(inbound_message("ping"),
                    [&](auto& event) { event.mutable_message()->mutable_inbound()->set_address(address); });
    };
    metrics.publish({from("192.0.2.255:1"), from("[2001:db8::1]:8333"), from("192.0.3.1:1"), from("[2001:db9::1]:1"),
                     from("x.onion:8333"), outbound_message("pong")});
    EXPECT_THAT(metrics.values("p2p_message_count_linkinglion"),
                UnorderedElementsAre(Pair(R"(direction="inbound",message="ping")", 2),
                                     Pair(R"(direction="outbound",message="pong")", 1)));
    EXPECT_THAT(metrics.values("p2p_message_bytes_linkinglion"),
                UnorderedElementsAre(Pair(R"(direction="inbound",message="ping")", 200),
                                     Pair(R"(direction="outbound",message="pong")", 100)));
}

TEST(Messages, ShowsNoLinkingLionSeriesWithoutItsList)
{
    Metrics metrics;
    metrics.publish({inbound_message("ping")});
    EXPECT_THAT(metrics.page(), Not(HasSubstr("linkinglion")));
}

TEST(Messages, CountsUndecodableByType)
{
    Metrics metrics;
    metrics.publish({with(inbound_message("addr"), [](auto& event) {
        event.mutable_message()->mutable_inbound()->set_decode_error("the payload ends early");
    })});
    EXPECT_THAT(metrics.values("p2p_message_undecodable_total"),
                ElementsAre(Pair(R"(direction="inbound",message="addr")", 1)));
}

TEST(Messages, SumsProcessingTime)
{
    Metrics metrics;
    const auto processed = [](std::int64_t duration_ns) {
        return with(sample_event(), [&](auto& event) {
            auto& message = *event.mutable_message()->mutable_processed();
            message.set_message_type("tx");
            message.set_duration_ns(duration_ns);
        });
    };
    metrics.publish({processed(1'500'000'000), processed(500'000'000), processed(-1)});
    EXPECT_THAT(metrics.values("p2p_messages_processed_total"), ElementsAre(Pair(R"(message="tx")", 3)));
    EXPECT_THAT(metrics.values("p2p_message_processing_seconds_total"), ElementsAre(Pair(R"(message="tx")", 2)));
}

TEST(Messages, KeepsKnownTypesInAFlood)
{
    Metrics metrics;
    std::vector<proto::Event> flood = {inbound_message("getcfheaders")};
    for (int i = 0; i < 1000; ++i)
        flood.push_back(inbound_message("x" + std::to_string(i)));
    metrics.publish(flood);
    const auto samples = metrics.values("p2p_message_count");
    EXPECT_THAT(samples, Contains(Pair(R"(connection_type="inbound",direction="inbound",message="getcfheaders")", 1)));
    const auto own_types = proto::MessagePayload::descriptor()->oneof_decl(0)->field_count();
    const auto invented = kMaxLabelValues - static_cast<std::size_t>(own_types);
    EXPECT_THAT(samples, Contains(Pair(R"(connection_type="inbound",direction="inbound",message="other")",
                                       static_cast<double>(1000 - invented))));
    EXPECT_EQ(samples.size(), invented + 2); // getcfheaders and other
}

TEST(Ping, CountsBySizeOfNonce)
{
    Metrics metrics;
    std::vector<proto::Event> pings;
    for (const std::uint64_t nonce : {0UL, 1UL, 255UL, 256UL, 65535UL, 65536UL, 4294967295UL, 4294967296UL, ~0UL, ~1UL})
        pings.push_back(
            with(inbound_message("ping"), [&](auto& event) { payload_of(event).mutable_ping()->set_nonce(nonce); }));
    pings.push_back(
        with(outbound_message("ping"), [](auto& event) { payload_of(event).mutable_ping()->set_nonce(1); }));
    metrics.publish(pings);
    EXPECT_THAT(metrics.values("p2p_ping_inbound_value"),
                UnorderedElementsAre(Pair(R"(value="0")", 1), Pair(R"(value="u8")", 2), Pair(R"(value="u16")", 2),
                                     Pair(R"(value="u32")", 2), Pair(R"(value="u64")", 3)));
    EXPECT_THAT(metrics.values("p2p_oldping_subnet"), IsEmpty());
}

TEST(Ping, CountsPingsWithoutNonceBySubnet)
{
    Metrics metrics;
    std::vector<proto::Event> pings;
    for (const char* address : {"192.0.2.1:8333", "192.0.2.200:1", "[2001:db8:0:1:2::3]:8333", "abc.onion:8333",
                                "abc.b32.i2p:0", "node.example:8333"})
        pings.push_back(with(inbound_message("ping"), [&](auto& event) {
            event.mutable_message()->mutable_inbound()->set_address(address);
            payload_of(event).mutable_ping();
        }));
    pings.push_back(with(outbound_message("ping"), [](auto& event) { payload_of(event).mutable_ping(); }));
    metrics.publish(pings);
    EXPECT_THAT(metrics.values("p2p_oldping_subnet"),
                UnorderedElementsAre(Pair(R"(subnet="192.0.2.0/24")", 2), Pair(R"(subnet="2001:db8:0:1::/64")", 1),
                                     Pair(R"(subnet="onion")", 1), Pair(R"(subnet="i2p")", 1),
                                     Pair(R"(subnet="unknown")", 1)));
    EXPECT_THAT(metrics.values("p2p_ping_inbound_value"), IsEmpty());
}

TEST(Version, CountsReceivedUserAgents)
{
    Metrics metrics;
    const auto set = [](auto& event) { payload_of(event).mutable_version()->set_user_agent("/Satoshi:29.0.0/"); };
    const auto odd = [](auto& event) { payload_of(event).mutable_version()->set_user_agent("\"\\\n\xff\x00!"); };
    metrics.publish({with(inbound_message("version"), set), with(inbound_message("version"), set),
                     with(outbound_message("version"), set), with(inbound_message("version"), odd)});
    EXPECT_THAT(
        metrics.values("p2p_version_useragent"),
        UnorderedElementsAre(Pair(R"(useragent="/Satoshi:29.0.0/")", 2), Pair(R"(useragent="\"\\x5c\\x0a\\xff")", 1)));
}

// An existing dashboard counts what Bitcoin Core's private broadcasts send (net_processing.cpp, PushNodeVersion).
TEST(Version, CountsPrivateBroadcastsThatReachTheNode)
{
    Metrics metrics;
    const auto of = [](std::string_view agent) {
        return [agent](auto& event) { payload_of(event).mutable_version()->set_user_agent(std::string{agent}); };
    };
    metrics.publish({with(inbound_message("version"), of("/pynode:0.0.1/")),
                     with(outbound_message("version"), of("/pynode:0.0.1/")),
                     with(inbound_message("version"), of("/pynode:0.0.2/"))});
    EXPECT_EQ(metrics.value("conn_private_transaction_broadcast"), 1);
}

TEST(Messages, StartsUndecodableAtZero)
{
    Metrics metrics;
    metrics.publish({inbound_message("ping")});
    EXPECT_EQ(metrics.value("p2p_message_undecodable_total", R"(direction="inbound",message="other")"), 0);
    EXPECT_EQ(metrics.value("p2p_message_undecodable_total", R"(direction="outbound",message="other")"), 0);
}

TEST(Feefilter, CountsByDirectionAndRate)
{
    Metrics metrics;
    const auto set = [](auto& event) { payload_of(event).mutable_feefilter()->set_fee_rate_sat_per_kvb(-1000); };
    metrics.publish({with(inbound_message("feefilter"), set), with(outbound_message("feefilter"), set),
                     with(outbound_message("feefilter"), set)});
    EXPECT_THAT(metrics.values("p2p_feefilter_feerate"),
                UnorderedElementsAre(Pair(R"(direction="inbound",feerate="-1000")", 1),
                                     Pair(R"(direction="outbound",feerate="-1000")", 2)));
}

TEST(Reject, CountsReceivedByCommandAndReason)
{
    Metrics metrics;
    const auto set = [](auto& event) {
        auto& reject = *payload_of(event).mutable_reject();
        reject.set_message_type("tx");
        reject.set_reason("dust");
    };
    metrics.publish({with(inbound_message("reject"), set), with(outbound_message("reject"), set)});
    EXPECT_THAT(metrics.values("p2p_reject_message"),
                ElementsAre(Pair(R"(rejectcommand="tx",rejectreason="dust")", 1)));
}

} // namespace
} // namespace peer_observer::metrics::testing
