#include "services/addr-connectivity/addr_connectivity_testing.h"
#include "services/addr-connectivity/announcements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace peer_observer::addr_connectivity {
namespace {

using proto::Announcement;
using testing::Each;
using testing::ElementsAre;
using testing::SizeIs;

constexpr auto kPeer = "9.8.7.6:54321";

class AnnouncementReaderTest : public testing::Test {
protected:
    std::vector<int> kinds(const proto::Event& event)
    {
        found_.clear();
        const auto found = reader_.read("alpha", 7, event);
        for (const auto& announced : found.announced)
            found_.push_back(announced.announcement);
        if (found.gone_peer_id) gone_.push_back(*found.gone_peer_id);
        std::vector<int> kinds;
        for (const auto& announcement : found_)
            kinds.push_back(announcement.kind());
        return kinds;
    }

    static proto::Event addresses(const std::vector<std::string>& hosts, std::int64_t peer_id = 1,
                                  const std::string& peer = kPeer, bool v2 = false)
    {
        proto::Event event;
        event.set_timestamp_ns(42);
        auto* message = event.mutable_message()->mutable_inbound();
        message->set_peer_id(peer_id);
        message->set_address(peer);
        message->set_connection_type("inbound");
        auto* payload = message->mutable_payload();
        auto* list = v2 ? payload->mutable_addrv2() : payload->mutable_addr();
        for (const auto& host : hosts) {
            auto* address = list->add_addresses();
            address->set_network(host.find(':') == std::string::npos ? proto::Address::IPV4 : proto::Address::IPV6);
            address->set_address(host);
            address->set_port(8333);
        }
        return event;
    }

    static std::vector<std::string> hosts(unsigned count)
    {
        std::vector<std::string> hosts;
        for (unsigned i = 0; i < count; ++i)
            hosts.push_back(host_text(numbered(i)));
        return hosts;
    }

    void ask(std::int64_t peer_id = 1, std::uint32_t pid = 0)
    {
        proto::Event event;
        event.set_pid(pid);
        event.mutable_message()->mutable_outbound()->set_peer_id(peer_id);
        event.mutable_message()->mutable_outbound()->set_message_type("getaddr");
        reader_.read("alpha", 7, event);
    }

    std::vector<Announcement> found_;
    std::vector<std::int64_t> gone_;
    AnnouncementReader reader_;
};

TEST_F(AnnouncementReaderTest, TellsSelfAnnouncementsByTheHost)
{
    EXPECT_THAT(kinds(addresses({"9.8.7.6"})), ElementsAre(Announcement::SELF));
    EXPECT_THAT(kinds(addresses({"9.8.7.5", "9.8.7.6"})), ElementsAre(Announcement::RELAY, Announcement::SELF));
    EXPECT_THAT(kinds(addresses({"2a00:0:0::1"}, 1, "[2a00::1]:1")), ElementsAre(Announcement::SELF));
}

TEST_F(AnnouncementReaderTest, SaysWhoAnnounced)
{
    kinds(addresses({"1.2.3.4"}, 7, kPeer, true));
    ASSERT_THAT(found_, SizeIs(1));
    EXPECT_EQ(found_[0].node(), "alpha");
    EXPECT_EQ(found_[0].peer_id(), 7);
    EXPECT_EQ(found_[0].peer_address(), kPeer);
    EXPECT_EQ(found_[0].connection_type(), "inbound");
    EXPECT_EQ(found_[0].timestamp_ns(), 42U);
}

TEST_F(AnnouncementReaderTest, TellsRelaysFromFloodsBySize)
{
    EXPECT_THAT(kinds(addresses(hosts(10))), Each(static_cast<int>(Announcement::RELAY)));
    const auto flood = kinds(addresses(hosts(11)));
    EXPECT_THAT(flood, SizeIs(11));
    EXPECT_THAT(flood, Each(static_cast<int>(Announcement::UNSOLICITED)));
}

TEST_F(AnnouncementReaderTest, TakesTheFirstMessageAfterGetaddrForTheAnswer)
{
    ask();
    EXPECT_THAT(kinds(addresses(hosts(20), 2)), Each(static_cast<int>(Announcement::UNSOLICITED))) << "another peer";
    EXPECT_THAT(kinds(addresses({"9.8.7.6"})), ElementsAre(Announcement::SELF)) << "does not end the wait";
    EXPECT_THAT(kinds(addresses(hosts(20))), Each(static_cast<int>(Announcement::GETADDR_ANSWER)));
    EXPECT_THAT(kinds(addresses(hosts(20))), Each(static_cast<int>(Announcement::UNSOLICITED)));
}

TEST_F(AnnouncementReaderTest, TakesAnAnswerOfSeveralMessages)
{
    ask();
    EXPECT_THAT(kinds(addresses(hosts(1000))), Each(static_cast<int>(Announcement::GETADDR_ANSWER)));
    EXPECT_THAT(kinds(addresses(hosts(3))), Each(static_cast<int>(Announcement::GETADDR_ANSWER)));
    EXPECT_THAT(kinds(addresses(hosts(3))), Each(static_cast<int>(Announcement::RELAY)));
}

TEST_F(AnnouncementReaderTest, ForgetsAPeerThatIsGone)
{
    ask();
    proto::Event closed;
    closed.mutable_connection()->mutable_closed()->set_peer_id(1);
    EXPECT_THAT(kinds(closed), SizeIs(0));
    EXPECT_THAT(gone_, ElementsAre(1));
    EXPECT_THAT(kinds(addresses(hosts(20))), Each(static_cast<int>(Announcement::UNSOLICITED)));
}

TEST_F(AnnouncementReaderTest, KeepsTheSamePeerOfTwoProcessesApart)
{
    ask(1, 100);
    auto other = addresses(hosts(20));
    other.set_pid(101);
    EXPECT_THAT(kinds(other), Each(static_cast<int>(Announcement::UNSOLICITED)));
    auto restarted = addresses(hosts(20));
    restarted.set_pid(100);
    restarted.set_process_start_ms(9);
    EXPECT_THAT(kinds(restarted), Each(static_cast<int>(Announcement::UNSOLICITED)));
    auto asked = addresses(hosts(20));
    asked.set_pid(100);
    EXPECT_THAT(kinds(asked), Each(static_cast<int>(Announcement::GETADDR_ANSWER)));
}

TEST_F(AnnouncementReaderTest, LeavesOutWhatTheNodeSends)
{
    auto event = addresses(hosts(3));
    auto* message = event.mutable_message();
    const auto sent = message->inbound();
    *message->mutable_outbound() = sent;
    EXPECT_THAT(kinds(event), SizeIs(0));
    EXPECT_THAT(kinds(proto::Event{}), SizeIs(0));
}

} // namespace
} // namespace peer_observer::addr_connectivity
