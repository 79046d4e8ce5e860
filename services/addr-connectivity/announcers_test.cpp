#include "services/addr-connectivity/addr_connectivity_testing.h"
#include "services/addr-connectivity/announcers.h"

#include <gtest/gtest.h>

#include <set>

namespace peer_observer::addr_connectivity {
namespace {

using namespace std::chrono_literals;
using proto::AddressChecked;
using proto::AnnouncerReachability;

const Process kAlpha{.node = "alpha", .publisher_id = 7, .pid = 100, .start_ms = 5};

struct Reports {
    std::vector<AnnouncerReachability> all;
    Announcers::Report callback()
    {
        return [this](const auto& report) { all.push_back(report); };
    }
};

TEST(Announcers, CountWhatBecameOfEachAddressOnce)
{
    Reports reports;
    Announcers announcers{{}, reports.callback()};
    const auto id = announcers.add(kAlpha, announcement_of_peer(1));
    EXPECT_TRUE(announcers.follow(id, numbered(1)));
    announcers.wait(id);
    EXPECT_EQ(announcers.add(kAlpha, announcement_of_peer(1)), id);
    EXPECT_FALSE(announcers.follow(id, numbered(1)));
    EXPECT_TRUE(announcers.follow(id, numbered(2)));
    announcers.checked(id, AddressChecked::REFUSED, false, false);
    EXPECT_TRUE(announcers.follow(id, numbered(3)));
    announcers.not_checked(id, AnnouncerReachability::TARGET_LIMIT, false);
    announcers.follow_unconnectable(id);
    announcers.checked(id, AddressChecked::OK, true, true);
    announcers.close();

    ASSERT_EQ(reports.all.size(), 1U);
    const auto& report = reports.all[0];
    EXPECT_TRUE(report.last());
    EXPECT_EQ(report.node(), "alpha");
    EXPECT_EQ(report.peer_id(), 1);
    EXPECT_EQ(report.peer_address(), "9.9.0.1:5000");
    EXPECT_EQ(report.first_announcement_ns(), 1001U);
    EXPECT_EQ(report.announcements(), 2U);
    EXPECT_EQ(report.addresses(), 4U);
    EXPECT_EQ(report.checked(), 2U);
    EXPECT_EQ(report.reachable(), 1U);
    EXPECT_EQ(report.connected(), 1U);
    EXPECT_EQ(report.waiting(), 0U);
    EXPECT_EQ(report.results_size(), 2);
    ASSERT_EQ(report.not_checked_size(), 2);
    EXPECT_EQ(report.not_checked(0).reason(), AnnouncerReachability::NOT_CONNECTABLE);
    EXPECT_EQ(report.not_checked(1).reason(), AnnouncerReachability::TARGET_LIMIT);
}

TEST(Announcers, ReportAtIntervalsWhatHasChanged)
{
    Reports reports;
    Announcers announcers{{.interval = 1min}, reports.callback()};
    const auto start = Clock::now();
    const auto id = announcers.add(kAlpha, announcement_of_peer(1));
    announcers.tick(start);
    EXPECT_EQ(reports.all.size(), 0U);
    announcers.tick(start + 2min);
    EXPECT_EQ(reports.all.size(), 1U);
    announcers.tick(start + 4min);
    EXPECT_EQ(reports.all.size(), 1U) << "nothing new";
    announcers.follow_unconnectable(id);
    announcers.tick(start + 4min + 1s);
    EXPECT_EQ(reports.all.size(), 2U);
    EXPECT_FALSE(reports.all[1].last());
}

TEST(Announcers, ReportAPeerThatIsGoneWhenNothingIsOpenAnyMore)
{
    Reports reports;
    Announcers announcers{{}, reports.callback()};
    const auto id = announcers.add(kAlpha, announcement_of_peer(1));
    announcers.add(kAlpha, announcement_of_peer(2));
    announcers.follow(id, numbered(1));
    announcers.wait(id);
    announcers.gone(kAlpha, 1);
    announcers.gone({.node = "beta"}, 2);
    announcers.tick(Clock::now());
    EXPECT_EQ(reports.all.size(), 0U);
    announcers.checked(id, AddressChecked::OK, true, true);
    announcers.tick(Clock::now());
    ASSERT_EQ(reports.all.size(), 1U);
    EXPECT_TRUE(reports.all[0].last());
    EXPECT_EQ(announcers.size(), 1U);
    announcers.checked(id, AddressChecked::OK, true, true); // of one that is forgotten: nothing happens
}

TEST(Announcers, SeparatesEqualPeerIdsOfTwoProcesses)
{
    Process other_pid = kAlpha;
    other_pid.pid = 101;
    Process restarted = kAlpha; // as in a container
    restarted.start_ms = 6;
    Process other_publisher = kAlpha;
    other_publisher.publisher_id = 8;
    Reports reports;
    Announcers announcers{{}, reports.callback()};
    std::set<Announcers::Id> ids;
    for (const auto& process : {kAlpha, other_pid, restarted, other_publisher})
        ids.insert(announcers.add(process, announcement_of_peer(1)));
    EXPECT_EQ(ids.size(), 4U);
    announcers.gone(restarted, 1);
    announcers.tick(Clock::now());
    EXPECT_EQ(reports.all.size(), 1U) << "the peers of the others stay";
    EXPECT_EQ(announcers.size(), 3U);
}

TEST(Announcers, HaveBounds)
{
    Reports reports;
    Announcers announcers{{.announcers = 3, .addresses = 10}, reports.callback()};
    for (unsigned peer = 0; peer < 5; ++peer) {
        const auto id = announcers.add(kAlpha, announcement_of_peer(peer));
        for (unsigned i = 0; i < 20; ++i) {
            EXPECT_EQ(announcers.follow(id, numbered(i)), i < 10);
            if (i < 10) announcers.wait(id);
        }
        announcers.add(kAlpha, announcement_of_peer(0)); // never silent
    }
    EXPECT_EQ(announcers.size(), 3U);
    ASSERT_EQ(reports.all.size(), 2U);
    EXPECT_EQ(reports.all[0].peer_id(), 1);
    EXPECT_EQ(reports.all[1].peer_id(), 2);
    EXPECT_TRUE(reports.all[0].last());
    EXPECT_EQ(reports.all[0].waiting(), 10U);
}

} // namespace
} // namespace peer_observer::addr_connectivity
