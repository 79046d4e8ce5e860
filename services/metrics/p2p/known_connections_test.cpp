// --known-peers: connections that do not count, or are counted by name, too.
#include "services/metrics/testing/metrics_testing.h"

namespace peer_observer::metrics::testing {
namespace {

constexpr auto kList = "leave-out 192.0.2.7 our own monitor\n"
                       "leave-out agent:/peer-observer-p2p-extractor: our own probe\n"
                       "mark 2001:db8::/32 KIT\n";

proto::Event opens(std::int64_t peer_id, const std::string& address, std::uint64_t count,
                   proto::Network network = proto::IPV4)
{
    auto event = sample_event();
    auto& open = *event.mutable_connection()->mutable_inbound();
    open.set_peer_id(peer_id);
    open.set_address(address);
    open.set_connection_type("inbound");
    open.set_network(network);
    open.set_connection_count(count);
    return event;
}

proto::Event closes(std::int64_t peer_id, const std::string& address)
{
    auto event = sample_event();
    auto& end = *event.mutable_connection()->mutable_closed();
    end.set_peer_id(peer_id);
    end.set_address(address);
    end.set_connection_type("inbound");
    return event;
}

proto::Event sends(std::int64_t peer_id, const std::string& address, std::string_view type)
{
    auto event = inbound_message(type);
    event.mutable_message()->mutable_inbound()->set_peer_id(peer_id);
    event.mutable_message()->mutable_inbound()->set_address(address);
    return event;
}

proto::Event greets(std::int64_t peer_id, const std::string& address, const char* user_agent)
{
    auto event = sends(peer_id, address, "version");
    payload_of(event).mutable_version()->set_user_agent(user_agent);
    return event;
}

struct KnownConnectionsTest : ::testing::Test {
    Metrics metrics{{}, {}, kList};

    double messages() const
    {
        double sum = 0;
        for (const auto& [labels, value] : metrics.values("p2p_message_count"))
            sum += value;
        return sum;
    }
    double named(const char* metric, const char* name) const
    {
        return metrics.value(metric, fmt::format(R"(name="{}")", name)).value_or(0);
    }
};

TEST_F(KnownConnectionsTest, LeavesOutPeerByAddress)
{
    metrics.publish({opens(1, "192.0.2.7:1000", 1), greets(1, "192.0.2.7:1000", "/x/"),
                     sends(1, "192.0.2.7:1000", "ping"), closes(1, "192.0.2.7:1000")});
    EXPECT_EQ(metrics.value("conn_inbound"), 0);
    EXPECT_EQ(metrics.value("conn_closed"), 0);
    EXPECT_EQ(messages(), 0);
    EXPECT_EQ(named("known_peer_connections_total", "our own monitor"), 1);
    EXPECT_EQ(named("known_peer_messages_total", "our own monitor"), 2);
}

/// It comes from an address that any number of peers have, and says who it is after some messages.
TEST_F(KnownConnectionsTest, LeavesOutPeerByUserAgent)
{
    metrics.publish({opens(1, "127.0.0.1:1000", 1), sends(1, "127.0.0.1:1000", "wtxidrelay"),
                     greets(1, "127.0.0.1:1000", "/peer-observer-p2p-extractor:1.0/"),
                     sends(1, "127.0.0.1:1000", "ping"), closes(1, "127.0.0.1:1000")});
    EXPECT_EQ(metrics.value("conn_inbound"), 0);
    EXPECT_EQ(messages(), 0);
    EXPECT_EQ(named("known_peer_connections_total", "our own probe"), 1);
    EXPECT_EQ(named("known_peer_messages_total", "our own probe"), 3);
}

TEST_F(KnownConnectionsTest, CountsWhatWaitedForTheVersionMessage)
{
    metrics.publish({opens(1, "127.0.0.1:1000", 1), sends(1, "127.0.0.1:1000", "wtxidrelay")});
    EXPECT_EQ(metrics.value("conn_inbound"), 0);
    metrics.publish({greets(1, "127.0.0.1:1000", "/Satoshi:31.0.0/"), sends(1, "127.0.0.1:1000", "ping")});
    EXPECT_EQ(metrics.value("conn_inbound"), 1);
    EXPECT_EQ(messages(), 3);
}

TEST_F(KnownConnectionsTest, CountsPeerThatNeverSaysWhoItIs)
{
    metrics.publish({opens(1, "198.51.100.1:1", 1), closes(1, "198.51.100.1:1"), opens(2, "198.51.100.2:1", 1)});
    for (int i = 0; i < 16; ++i)
        metrics.publish({sends(2, "198.51.100.2:1", "ping")});
    EXPECT_EQ(metrics.value("conn_inbound"), 2);
    EXPECT_EQ(metrics.value("conn_closed"), 1);
    EXPECT_EQ(messages(), 16);
}

TEST_F(KnownConnectionsTest, CountsMarkedPeerByNameToo)
{
    metrics.publish({opens(1, "[2001:db8::7]:1", 1, proto::IPV6), greets(1, "[2001:db8::7]:1", "/x/")});
    EXPECT_EQ(metrics.value("conn_inbound"), 1);
    EXPECT_EQ(named("known_peer_connections_total", "KIT"), 1);
    EXPECT_EQ(named("known_peer_messages_total", "KIT"), 1);
}

/// The node itself counts all of them.
TEST_F(KnownConnectionsTest, ShowsAllOpenConnections)
{
    metrics.publish({opens(1, "192.0.2.7:1000", 8)});
    EXPECT_EQ(metrics.value("conn_inbound_current"), 8);
    metrics.publish({closes(1, "192.0.2.7:1000")});
    EXPECT_EQ(metrics.value("conn_inbound_current"), 7);
}

TEST_F(KnownConnectionsTest, TakesAnotherListFromThenOn)
{
    metrics.publish({opens(1, "192.0.2.7:1000", 1), greets(1, "192.0.2.7:1000", "/x/")});
    metrics.known.peers = app::KnownPeers{};
    ++metrics.known.version;
    metrics.publish({sends(1, "192.0.2.7:1000", "ping")});
    EXPECT_EQ(messages(), 1);
}

/// What has waited is not lost where the version message never comes.
TEST_F(KnownConnectionsTest, CountsWhatWaitedWhenConnectionIsForgotten)
{
    metrics.publish({opens(1, "127.0.0.1:1", 1), opens(1, "127.0.0.1:2", 1)}); // the end of the first was lost
    EXPECT_EQ(metrics.value("conn_inbound"), 1);
    metrics.now.steady += 1h; // the publisher is gone
    metrics.tick();
    EXPECT_EQ(metrics.value("conn_inbound"), 2);
}

TEST_F(KnownConnectionsTest, KeepsLittleOfWhatComesBeforeVersionMessages)
{
    auto large = sends(1, "127.0.0.1:1", "tx");
    large.mutable_message()->mutable_inbound()->set_raw(std::string(9'000'000, 'x'));
    metrics.publish({opens(1, "127.0.0.1:1", 1), large});
    EXPECT_EQ(messages(), 0);
    metrics.publish({large});
    EXPECT_EQ(messages(), 2);
}

TEST_F(KnownConnectionsTest, RemembersActiveConnectionWhenManyOthersAreOpen)
{
    metrics.publish({opens(1, "127.0.0.1:1", 1), greets(1, "127.0.0.1:1", "/peer-observer-p2p-extractor:1.0/")});
    for (std::int64_t id = 2; id < 40'000; ++id) {
        metrics.publish({opens(id, "127.0.0.1:1", 1)});
        if (id % 1'000 == 0) metrics.publish({sends(1, "127.0.0.1:1", "ping")});
    }
    EXPECT_EQ(messages(), 0);
}

TEST_F(KnownConnectionsTest, CountsMisbehaviourBeforeAddressIsKnown)
{
    auto event = sample_event();
    event.mutable_connection()->mutable_misbehaving()->set_peer_id(1);
    event.mutable_connection()->mutable_misbehaving()->set_reason("x");
    metrics.publish({event, sends(1, "192.0.2.7:1000", "ping")});
    EXPECT_EQ(metrics.value("conn_misbehaving", R"(misbehavingmessage="x")"), 1);
    EXPECT_EQ(messages(), 0); // the address tells whose the connection is
}

TEST_F(KnownConnectionsTest, LeavesOutConnectionThatWasOpenBefore)
{
    metrics.publish({sends(1, "192.0.2.7:1000", "ping"), sends(2, "198.51.100.1:1", "ping")});
    EXPECT_EQ(messages(), 1);
}

} // namespace
} // namespace peer_observer::metrics::testing
