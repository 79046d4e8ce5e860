// Files of packets, good and hostile ones, made by hand: what becomes of them.
#include "services/archive-reader/pcap/packet_events.h"
#include "services/archive-reader/pcap/pcap_testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peer_observer::archive_reader {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(Packets, BecomeConnectionAndMessagesOfEachLinkType)
{
    for (const int link_type : {DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_NULL, DLT_RAW}) {
        for (const bool is_ipv4 : {true, false}) {
            const auto node = is_ipv4 ? kNode : endpoint("2001:db8::1", 8333);
            const auto peer = is_ipv4 ? kPeer : endpoint("2a01::7", 50000);
            PcapFile file{link_type};
            Talk talk{file, peer, node};
            talk.shake_hands();
            talk.from_peer(ping(1));
            talk.from_node(ping(2) + ping(3));
            talk.from_peer("", {.fin = true});
            talk.from_node("", {.fin = true});
            EXPECT_THAT(read({write(file.bytes())}, {"192.0.2.1:8333", "[2001:db8::1]:8333"}),
                        ElementsAre("opened in -1", "in ping1 -1", "out ping2 -1", "out ping3 -1", "closed -1"))
                << link_type << is_ipv4;
            const auto& opened = events_[0].connection().inbound();
            EXPECT_EQ(opened.address(), is_ipv4 ? "198.51.100.7:50000" : "[2a01::7]:50000");
            EXPECT_EQ(opened.connection_type(), "inbound");
            EXPECT_EQ(opened.network(), is_ipv4 ? proto::UNROUTABLE : proto::IPV6); // TEST-NET-2
            EXPECT_EQ(opened.connection_count(), 0U);
            EXPECT_EQ(events_[0].timestamp_ns(), kBegin + 3000); // the peer has the answer
            EXPECT_EQ(events_[1].timestamp_ns(), kBegin + 4000);
            EXPECT_EQ(events_[1].pid(), 0U);
            EXPECT_EQ(events_[1].message().inbound().size(), 8U);
            EXPECT_EQ(events_[1].message().inbound().connection_type(), "inbound");
            EXPECT_EQ(events_[4].connection().closed().established_s(), 1'700'000'000);
            EXPECT_EQ(events_[4].timestamp_ns(), kBegin + 6000);
        }
    }
}

TEST_F(Packets, KnowOutboundConnectionButNotItsType)
{
    PcapFile file;
    Talk talk{file, endpoint("8.8.8.8", 8333), endpoint("192.0.2.1", 41000)};
    talk.shake_hands(false);
    talk.from_node(ping(1));
    talk.from_peer("", {.rst = true});
    EXPECT_THAT(read({write(file.bytes())}, {"192.0.2.1"}), ElementsAre("opened out -1", "out ping1 -1", "closed -1"));
    EXPECT_EQ(events_[0].connection().outbound().network(), proto::IPV4);
    EXPECT_EQ(events_[0].connection().outbound().connection_type(), "");
    EXPECT_EQ(events_[0].timestamp_ns(), kBegin + 2000); // the node has the answer
    EXPECT_EQ(events_[1].message().outbound().connection_type(), "");
}

TEST_F(Packets, SayNothingOfConnectionThatWasRefused)
{
    PcapFile file;
    Talk talk{file, endpoint("8.8.8.8", 8333), endpoint("192.0.2.1", 41000)};
    talk.from_node("", {.syn = true, .ack = false});
    talk.sequence_of_peer = 0;
    talk.from_peer("", {.rst = true});
    EXPECT_THAT(read({write(file.bytes())}, {"192.0.2.1"}), IsEmpty());
}

TEST_F(Packets, AreReassembledWhenSentAgainAndOutOfOrder)
{
    PcapFile file;
    Talk talk{file, kPeer, kNode};
    talk.shake_hands();
    const auto bytes = ping(1) + ping(2) + ping(3);
    std::vector<Tcp> segments;
    for (std::size_t at = 0; at < bytes.size(); at += 7)
        segments.push_back(talk.lose_from_peer(bytes.substr(at, 7)));
    file.add(segments.back());
    for (auto& segment : segments) {
        segment.acknowledged = talk.sequence_of_node;
        file.add(segment);
        file.add(segment);
    }
    // What overlaps, with other bytes: the kernel has read the first ones.
    auto other = segments.front();
    other.payload = std::string(bytes.size(), 'x');
    file.add(other);
    talk.from_peer(ping(4));
    EXPECT_THAT(read({write(file.bytes())}),
                ElementsAre("opened in -1", "in ping1 -1", "in ping2 -1", "in ping3 -1", "in ping4 -1"));
    EXPECT_EQ(counts_.holes, 0U);
}

TEST_F(Packets, TellThatSegmentsAreMissingAndGoOnAtTheNextMessage)
{
    PcapFile file;
    Talk talk{file, kPeer, kNode};
    talk.shake_hands();
    talk.from_peer(ping(1) + ping(2).substr(0, 10));
    talk.lose_from_peer(ping(2).substr(10) + ping(3) + ping(4).substr(0, 5));
    talk.from_peer(ping(4).substr(5) + ping(5));
    const auto file_without_acknowledgement = file.bytes();
    talk.from_node(ping(6)); // and has all
    talk.from_peer(ping(7));
    EXPECT_THAT(read({write(file.bytes())}), ElementsAre("opened in -1", "in ping1 -1", "lost net:inbound_message",
                                                         "in ping5 -1", "out ping6 -1", "in ping7 -1"));
    EXPECT_EQ(events_[2].events_lost().count(), 1U);
    EXPECT_EQ(events_[2].events_lost().cause(), proto::EventsLost::UNKNOWN_CAUSE);
    EXPECT_EQ(counts_.holes, 1U);
    // Nobody says that they arrived: the node has not read what is behind them.
    EXPECT_THAT(read({write(file_without_acknowledgement)}), ElementsAre("opened in -1", "in ping1 -1"));
}

TEST_F(Packets, AreReadOfOneDirectionOnly)
{
    PcapFile file;
    Talk talk{file, kPeer, kNode};
    talk.from_peer(ping(1));
    talk.lose_from_peer(ping(2));
    talk.from_peer(ping(3));
    EXPECT_THAT(read({write(file.bytes())}), ElementsAre("in ping1 -1", "lost net:inbound_message", "in ping3 -1"));
}

TEST_F(Packets, DoNotTakePartOfIncompleteMessageForMessage)
{
    PcapFile file;
    Talk talk{file, kPeer, kNode};
    talk.shake_hands();
    const auto hiding = p2p::message(kMain, "tx", std::string(100, 'x') + ping(9) + std::string(100, 'x'));
    talk.from_peer(ping(1) + hiding.substr(0, 50));
    talk.lose_from_peer(hiding.substr(50, 20));
    talk.from_peer(hiding.substr(70));
    talk.from_node("");
    talk.from_peer(ping(2));
    EXPECT_THAT(read({write(file.bytes())}),
                ElementsAre("opened in -1", "in ping1 -1", "lost net:inbound_message", "in ping2 -1"));
}

TEST_F(Packets, BeginInTheMiddleOfConnection)
{
    PcapFile file;
    Talk talk{file, kPeer, kNode};
    talk.from_peer(ping(1).substr(9) + ping(2));
    talk.from_node(ping(3));
    EXPECT_THAT(read({write(file.bytes())}), ElementsAre("in ping2 -1", "out ping3 -1"));
    // The port tells that the node was connected to. When, nobody knows.
    EXPECT_EQ(events_[0].message().inbound().connection_type(), "inbound");
    EXPECT_THAT(read({write(file.bytes())}, {"192.0.2.1"}), ElementsAre("in ping2 -1", "out ping3 -1"));
    EXPECT_EQ(events_[0].message().inbound().connection_type(), "");
    EXPECT_EQ(counts_.holes, 0U);
}

TEST_F(Packets, AreReadOfConnectionThatUsesPortsAgain)
{
    PcapFile file;
    for (int i = 0; i < 2; ++i) {
        Talk talk{file, kPeer, kNode};
        talk.sequence_of_peer += static_cast<std::uint32_t>(i) * 5000;
        talk.sequence_of_node += static_cast<std::uint32_t>(i) * 5000;
        talk.shake_hands();
        talk.from_peer(ping(1));
    }
    EXPECT_THAT(read({write(file.bytes())}), ElementsAre("opened in -1", "in ping1 -1", "opened in -2", "in ping1 -2"));
}

TEST_F(Packets, AreIgnoredOfSomebodyOutsideTheConnection)
{
    PcapFile file;
    Talk talk{file, kPeer, kNode};
    talk.shake_hands();
    talk.from_peer(ping(1));
    file.add({kPeer, kNode, 7, 7, {.syn = true, .ack = false}, ""});
    file.add({kPeer, kNode, 77'000'000, 7, {.rst = true}, ""});
    talk.from_peer(ping(2));
    EXPECT_THAT(read({write(file.bytes())}), ElementsAre("opened in -1", "in ping1 -1", "in ping2 -1"));
}

TEST_F(Packets, AreNotReadOnceTheNodeHasClosed)
{
    PcapFile file;
    Talk talk{file, kPeer, kNode};
    talk.shake_hands();
    talk.from_node("", {.fin = true});
    talk.from_peer(ping(1));
    EXPECT_THAT(read({write(file.bytes())}), ElementsAre("opened in -1", "closed -1"));
}

TEST_F(Packets, NameThePeersOfEncryptedConnections)
{
    PcapFile file;
    Talk talk{file, kPeer, kNode};
    talk.shake_hands();
    talk.from_peer(std::string(64, 'k'));
    talk.from_node(std::string(64, 'l') + ping(1));
    talk.from_peer("", {.fin = true});
    EXPECT_THAT(read({write(file.bytes())}), ElementsAre("opened in -1", "closed -1"));
    EXPECT_EQ(counts_.connections_unreadable, 1U);
    EXPECT_THAT(counts_.unreadable_peers, ElementsAre("198.51.100.7:50000"));
}

TEST_F(Packets, AreCountedOfOtherProtocolsChainsAndHosts)
{
    PcapFile file;
    Talk ssh{file, kPeer, endpoint("192.0.2.1", 22)};
    ssh.shake_hands();
    ssh.from_node("SSH-2.0-OpenSSH_9.2p1");
    Talk test{file, endpoint("198.51.100.8", 50000), kNode};
    test.shake_hands();
    test.from_peer(ping(1, p2p::kChains[1].magic));
    Talk others{file, endpoint("198.51.100.8", 50000), endpoint("198.51.100.9", 8333)};
    others.shake_hands();
    file.add_packet("short");
    EXPECT_THAT(read({write(file.bytes())}), ElementsAre("opened in -1"));
    EXPECT_EQ(counts_.connections_unknown, 1U);
    EXPECT_EQ(counts_.connections_of_other_chain, 1U);
    EXPECT_EQ(counts_.packets_of_others, 3U);
    EXPECT_EQ(counts_.packets_unreadable, 1U);
}

TEST_F(Packets, AreReadOfEachChain)
{
    for (const auto& chain : p2p::kChains) {
        PcapFile file;
        Talk talk{file, kPeer, kNode};
        talk.shake_hands();
        talk.from_peer(ping(1, chain.magic));
        EXPECT_THAT(read({write(file.bytes())}, {"192.0.2.1:8333"}, chain.magic),
                    ElementsAre("opened in -1", "in ping1 -1"));
        EXPECT_EQ(infer({folder_ / "a.pcap"}).magic, chain.magic);
    }
}

TEST_F(Packets, LackWhatWasCut)
{
    PcapFile file;
    Talk talk{file, kPeer, kNode};
    talk.shake_hands();
    talk.from_peer(ping(1));
    const auto cut = talk.lose_from_peer(ping(2));
    file.add_packet(link_header(DLT_EN10MB, true) + ip_packet(cut), 3);
    talk.from_peer(ping(3));
    talk.from_node("");
    EXPECT_THAT(read({write(file.bytes())}),
                ElementsAre("opened in -1", "in ping1 -1", "lost net:inbound_message", "in ping3 -1"));
    EXPECT_EQ(counts_.packets_cut, 1U);
}

TEST_F(Packets, AreReadOfSeveralFilesInOrderOfTime)
{
    PcapFile first;
    PcapFile second{DLT_LINUX_SLL2};
    Talk talk{first, kPeer, kNode};
    talk.shake_hands();
    talk.from_peer(ping(1) + ping(2).substr(0, 9));
    second.time_ns = first.time_ns;
    Talk rest{second, kPeer, kNode};
    rest.sequence_of_peer = talk.sequence_of_peer;
    rest.sequence_of_node = talk.sequence_of_node;
    rest.from_peer(ping(2).substr(9));
    EXPECT_THAT(read({write(second.bytes(), "b.pcap"), write(first.bytes())}),
                ElementsAre("opened in -1", "in ping1 -1", "in ping2 -1"));
}

TEST_F(Packets, AreReadOfPcapng)
{
    PcapFile file;
    Talk talk{file, kPeer, kNode};
    talk.shake_hands();
    talk.from_peer(ping(1));
    const auto path = write(file.pcapng());
    EXPECT_TRUE(is_packet_file(path));
    EXPECT_THAT(read({path}), ElementsAre("opened in -1", "in ping1 -1"));
    EXPECT_EQ(events_[1].timestamp_ns(), kBegin + 4000);
    // libpcap reads one kind of interface only.
    EXPECT_THAT(read({write(file.pcapng() + PcapFile{DLT_RAW}.pcapng().substr(28))}),
                ElementsAre("opened in -1", "in ping1 -1"));
    EXPECT_THAT(problems_, ElementsAre(HasSubstr("a.pcap: an interface has a type")));
}

TEST_F(Packets, AreReadUpToDamage)
{
    PcapFile file;
    Talk talk{file, kPeer, kNode};
    talk.shake_hands();
    talk.from_peer(ping(1));
    const auto good = file.bytes();
    talk.from_peer(ping(2));
    for (auto size = good.size() + 1; size < file.bytes().size(); ++size) {
        EXPECT_THAT(read({write(file.bytes().substr(0, size))}), ElementsAre("opened in -1", "in ping1 -1"));
        EXPECT_THAT(problems_, ElementsAre(HasSubstr("a.pcap: truncated dump file")));
    }
}

TEST_F(Packets, AreRefusedWhereNothingIsKnownOfThem)
{
    const auto why = [&](const std::string& bytes) {
        try {
            (void)read({write(bytes)});
        } catch (const std::runtime_error& error) {
            return std::string{error.what()};
        }
        return std::string{};
    };
    EXPECT_THAT(why("nothing"), HasSubstr("a.pcap: "));
    EXPECT_THAT(why(PcapFile{DLT_IEEE802_11}.bytes()), HasSubstr("a.pcap: link type IEEE802_11 cannot be read"));
    EXPECT_FALSE(is_packet_file(write("nothing")));
    EXPECT_TRUE(is_packet_file(write(PcapFile{}.bytes())));
}

TEST_F(Packets, TakeNoMoreMemoryThanTheLimit)
{
    PcapFile file{DLT_RAW};
    for (std::uint16_t i = 0; i < 100; ++i) {
        Talk talk{file, endpoint("198.51.100.7", static_cast<std::uint16_t>(50000 + i)), kNode};
        talk.shake_hands();
        talk.from_peer(p2p::message(kMain, "block", std::string(50'000, 'x')).substr(0, 40'000));
    }
    Talk last{file, kPeer, kNode};
    last.sequence_of_peer = 1;
    last.shake_hands();
    last.from_peer(ping(1));
    const auto path = write(file.bytes());
    (void)read({path}, {"192.0.2.1:8333"}, kMain, {.connections = 5});
    EXPECT_EQ(counts_.connections_forgotten, 96U);
    (void)read({path}, {"192.0.2.1:8333"}, kMain, {.bytes = 500'000});
    EXPECT_GT(counts_.connections_forgotten, 80U);
    EXPECT_LT(counts_.connections_forgotten, 96U);
    EXPECT_EQ(in_short(events_.back()), "in ping1 -101");
}

TEST_F(Packets, AreReadInTheEndWithoutAcknowledgements)
{
    PcapFile file{DLT_RAW};
    Talk talk{file, kPeer, kNode};
    talk.shake_hands();
    talk.lose_from_peer(ping(1));
    for (int i = 0; i < 9000; ++i) // more than may wait
        talk.from_peer(ping(2).substr(static_cast<std::size_t>(i % 4) * 8, 8));
    const auto events = read({write(file.bytes())});
    EXPECT_EQ(events[1], "lost net:inbound_message");
    EXPECT_EQ(std::ranges::count(events, "in ping2 -1"), 9000 / 4);
    EXPECT_EQ(counts_.holes, 1U);
}

TEST_F(Packets, TellTheNodeWhereOneAddressIsInAllConnections)
{
    PcapFile file;
    for (const auto port : {std::uint16_t{50000}, std::uint16_t{50001}}) {
        Talk talk{file, endpoint("198.51.100.7", port), kNode};
        talk.from_peer(ping(1));
    }
    EXPECT_THAT(infer({write(file.bytes())}).addresses, ElementsAre("192.0.2.1", "198.51.100.7"));
    Talk talk{file, endpoint("198.51.100.8", 8333), endpoint("192.0.2.1", 40000)};
    talk.from_peer(ping(1));
    EXPECT_THAT(infer({write(file.bytes())}).addresses, ElementsAre("192.0.2.1"));
    Talk others{file, endpoint("198.51.100.8", 50000), endpoint("198.51.100.9", 8333)};
    others.from_peer(ping(1));
    EXPECT_THAT(infer({write(file.bytes())}).addresses, IsEmpty());
}

TEST_F(Packets, DoNotTellTheNodeWhereBothEndsAreOneHost)
{
    PcapFile file;
    Talk talk{file, endpoint("127.0.0.1", 50000), endpoint("127.0.0.1", 8333)};
    talk.from_peer(ping(1));
    EXPECT_TRUE(infer({write(file.bytes())}).has_loopback);
    EXPECT_THAT(read({folder_ / "a.pcap"}, {"127.0.0.1"}), IsEmpty());
    EXPECT_EQ(counts_.packets_of_others, 1U);
    EXPECT_THAT(read({folder_ / "a.pcap"}, {"127.0.0.1:8333"}), ElementsAre("in ping1 -1"));
}

TEST(NodeEnds, TellWhichEndIsTheNode)
{
    const NodeEnds ends{{"127.0.0.1:8333", "2001:db8::1"}};
    const auto peer = endpoint("127.0.0.1", 50000);
    const auto node = endpoint("127.0.0.1", 8333);
    EXPECT_EQ(ends.node_of(peer, node), node);
    EXPECT_EQ(ends.node_of(node, peer), node);
    EXPECT_EQ(ends.node_of(peer, endpoint("127.0.0.1", 50001)), std::nullopt);
    EXPECT_EQ(ends.node_of(peer, endpoint("127.0.0.2", 8333)), peer);
    EXPECT_EQ(ends.node_of(endpoint("::1", 1), endpoint("::2", 2)), std::nullopt);
    EXPECT_TRUE(ends.is_listening(node));
    EXPECT_FALSE(ends.is_listening(endpoint("2001:db8::1", 8333)));
    for (const auto* wrong :
         {"", "localhost", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:8x", "a:8333"})
        EXPECT_THROW(NodeEnds{{wrong}}, std::invalid_argument) << wrong;
}

} // namespace
} // namespace peer_observer::archive_reader
