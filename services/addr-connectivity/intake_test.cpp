#include "libs/base/clock.h"
#include "services/addr-connectivity/addr_connectivity_testing.h"
#include "services/addr-connectivity/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <set>

namespace peer_observer::addr_connectivity {
namespace {

using namespace std::chrono_literals;
using proto::AddressChecked;
using proto::AnnouncerReachability;

PolicyOptions ipv4_only()
{
    return {.networks = {true, false, false, false, false},
            .allowed = {},
            .denied = {},
            .denied_ports = default_denied_ports()};
}

/// Without a network: checks end when the test says so.
struct Observed {
    explicit Observed(IntakeOptions with = {}) : options{std::move(with)} {}

    IntakeOptions options;
    Policy policy{ipv4_only()};
    Cache cache{"", 100'000};
    Counters counters;
    std::deque<Address> checking;
    std::vector<proto::AddrConnectivity> events;
    Intake intake{options, policy, cache, counters,
                  [this](const proto::Event& event) { events.push_back(event.addr_connectivity()); }};
    Clock::time_point now = Clock::now();

    void announce(const Address& address, unsigned peer)
    {
        intake.announced({}, to_proto(address), announcement_of_peer(peer));
    }

    void start_checks()
    {
        for (const auto& address : intake.start_checks(now))
            checking.push_back(address);
    }

    void end_one(Result result)
    {
        AddressChecked found;
        found.set_result(result);
        if (result == AddressChecked::OK) found.set_connect_duration_ns(5);
        const auto address = checking.front();
        checking.pop_front();
        intake.ended(address, found);
    }

    /// Until nothing is left that may be checked.
    void check_all(Result result)
    {
        for (int idle = 0; idle < 100; now += 100ms) {
            start_checks();
            idle = checking.empty() ? idle + 1 : 0;
            while (!checking.empty())
                end_one(result);
        }
    }

    std::uint64_t not_checked(NotChecked reason) const
    {
        std::uint64_t sum = 0;
        for (const auto& network : counters.not_checked)
            sum += network[static_cast<std::size_t>(reason)];
        return sum;
    }

    std::vector<AddressChecked> checked() const
    {
        std::vector<AddressChecked> found;
        for (const auto& event : events)
            if (event.has_address_checked()) found.push_back(event.address_checked());
        return found;
    }

    std::vector<AnnouncerReachability> accounts()
    {
        intake.close();
        std::vector<AnnouncerReachability> found;
        for (const auto& event : events)
            if (event.has_announcer_reachability()) found.push_back(event.announcer_reachability());
        return found;
    }
};

TEST(Intake, ChecksAnAddressOnceForAllWhoAnnounceIt)
{
    Observed observed;
    for (unsigned peer = 0; peer < 20; ++peer)
        observed.announce(numbered(1), peer);
    observed.check_all(AddressChecked::OK);
    observed.announce(numbered(1), 20);
    observed.check_all(AddressChecked::OK);

    const auto checked = observed.checked();
    ASSERT_EQ(checked.size(), 1U);
    EXPECT_EQ(checked[0].address().address(), "1.0.0.1");
    EXPECT_EQ(checked[0].result(), AddressChecked::OK);
    EXPECT_EQ(checked[0].announcement_count(), 20U);
    ASSERT_EQ(checked[0].announcements_size(), 16);
    EXPECT_EQ(checked[0].announcements(0).peer_id(), 0);
    EXPECT_EQ(checked[0].announcements(15).peer_id(), 15);
    const auto accounts = observed.accounts();
    ASSERT_EQ(accounts.size(), 21U);
    for (const auto& account : accounts) {
        EXPECT_EQ(account.checked(), 1U);
        EXPECT_EQ(account.reachable(), 1U);
        EXPECT_EQ(account.waiting(), 0U);
    }
}

TEST(Intake, ChecksAgainWhenTheResultIsOld)
{
    Observed observed{{.recheck = 1000s}};
    observed.announce(numbered(1), 1);
    observed.check_all(AddressChecked::REFUSED);
    const auto* known = observed.cache.find(numbered(1), base::unix_s());
    ASSERT_NE(known, nullptr);
    const auto interval = known->recheck_s - known->checked_s;
    EXPECT_GE(interval, 750);
    EXPECT_LE(interval, 1250);
    auto old = *known;
    old.checked_s -= 2000;
    old.recheck_s -= 2000;
    observed.cache.put(numbered(1), old);
    observed.announce(numbered(1), 1);
    observed.check_all(AddressChecked::REFUSED);
    EXPECT_EQ(observed.checked().size(), 2U);
}

TEST(Intake, DoesNotRememberWhatSaysNothingAboutTheAddress)
{
    Observed observed;
    observed.announce(numbered(1), 1);
    observed.check_all(AddressChecked::LOCAL_ERROR);
    EXPECT_EQ(observed.cache.size(), 0U);
    observed.announce(numbered(2), 1);
    observed.check_all(AddressChecked::PROXY_ERROR);
    const auto* known = observed.cache.find(numbered(2), base::unix_s());
    ASSERT_NE(known, nullptr);
    EXPECT_LE(known->recheck_s - known->checked_s, 750);
    const auto accounts = observed.accounts();
    ASSERT_EQ(accounts.size(), 1U);
    EXPECT_EQ(accounts[0].checked(), 1U);
    ASSERT_EQ(accounts[0].not_checked_size(), 1);
    EXPECT_EQ(accounts[0].not_checked(0).reason(), AnnouncerReachability::FAILED_HERE);
}

TEST(Intake, CannotBeAimedAtAHost)
{
    Observed observed;
    for (unsigned i = 0; i < 50'000; ++i)
        observed.announce(numbered(1, static_cast<std::uint16_t>(10'000 + i)), i % 100);
    observed.check_all(AddressChecked::REFUSED);
    EXPECT_EQ(observed.checked().size(), 4U);
    EXPECT_GT(observed.not_checked(AnnouncerReachability::TARGET_LIMIT), 10'000U);
    EXPECT_TRUE(observed.intake.idle());
}

TEST(Intake, CannotBeAimedAtASubnet)
{
    Observed observed;
    for (unsigned i = 0; i < 60'000; ++i)
        observed.announce(numbered(i), i % 100); // of 1.0.0.0/16
    observed.check_all(AddressChecked::REFUSED);
    EXPECT_EQ(observed.checked().size(), 256U);
    EXPECT_TRUE(observed.intake.idle());
}

TEST(Intake, RefusesWhatThePolicyRefuses)
{
    Observed observed;
    observed.announce(*parse_address("127.0.0.1:8333"), 1);
    observed.announce(numbered(1, 22), 1);
    observed.announce(*parse_address("[2a00::1]:8333"), 1);
    observed.intake.announced({}, proto::Address{}, announcement_of_peer(1));
    observed.check_all(AddressChecked::OK);
    EXPECT_EQ(observed.checked().size(), 0U);
    for (const auto reason : {AnnouncerReachability::NOT_ROUTABLE, AnnouncerReachability::PORT_DENIED,
                              AnnouncerReachability::NETWORK_OFF, AnnouncerReachability::NOT_CONNECTABLE})
        EXPECT_EQ(observed.not_checked(reason), 1U);
    const auto accounts = observed.accounts();
    ASSERT_EQ(accounts.size(), 1U);
    EXPECT_EQ(accounts[0].not_checked_size(), 4);
}

TEST(Intake, GivesAHostItsShareOverAllItsConnections)
{
    Observed observed{{.limits = {.per_announcer = 10}}};
    for (unsigned i = 0; i < 100; ++i) {
        auto announcement = announcement_of_peer(1);
        announcement.set_peer_id(i); // a new connection each
        announcement.set_peer_address("9.9.9.9:" + std::to_string(5000 + i));
        observed.intake.announced({}, to_proto(numbered(i << 16U)), announcement);
    }
    observed.check_all(AddressChecked::OK);
    EXPECT_EQ(observed.checked().size(), 10U);
    EXPECT_EQ(observed.not_checked(AnnouncerReachability::PEER_LIMIT), 90U);
}

TEST(Intake, StaysBoundedAndFairInAFlood)
{
    constexpr unsigned kFlood = 1'000'000;
    constexpr std::size_t kQueue = 20'000;
    Observed observed{{.limits = {.in_flight = 50, .per_announcer = 1'000'000}, .queue = kQueue}};
    std::size_t most_queued = 0;
    unsigned next_quiet = 0;
    for (unsigned i = 0; i < kFlood; ++i) {
        observed.announce(numbered(i << 4U), 0);
        if (i % 100'000 == 50'000) // a quiet peer, in the midst of it
            for (unsigned n = 0; n < 10; ++n)
                observed.announce(numbered((200U << 24U) + (next_quiet++ << 12U)), 1);
        if (i % 1000 != 0) continue;
        observed.intake.tick(observed.now);
        most_queued = std::max<std::size_t>(most_queued, observed.counters.queued);
    }
    observed.start_checks();
    EXPECT_EQ(most_queued, kQueue);
    EXPECT_LE(observed.counters.queued, kQueue);
    // What was not dropped is queued or in flight.
    EXPECT_EQ(observed.not_checked(AnnouncerReachability::QUEUE_FULL) + observed.counters.queued +
                  observed.checking.size(),
              kFlood + next_quiet);

    // Of the first 200 checks, the quiet peer has all that it announced.
    unsigned checks = 0;
    unsigned quiet_checks = 0;
    for (; checks < 200; observed.now += 100ms) {
        observed.start_checks();
        for (; !observed.checking.empty() && checks < 200; ++checks) {
            if (host_text(observed.checking.front()).starts_with("201.")) ++quiet_checks;
            observed.end_one(AddressChecked::TIMEOUT);
        }
    }
    EXPECT_EQ(quiet_checks, next_quiet);
    for (const auto& account : observed.accounts()) {
        if (account.peer_id() == 1) {
            EXPECT_EQ(account.checked(), next_quiet);
        } else {
            EXPECT_EQ(account.announcements(), kFlood);
            EXPECT_EQ(account.addresses(), 1000U);
        }
    }
}

TEST(Intake, KeepsLimitsOfChecksThatAnEarlierProcessMade)
{
    Observed first{{.limits = {.per_host = 1}}};
    first.announce(numbered(1), 1);
    first.check_all(AddressChecked::REFUSED);
    Observed second{{.limits = {.per_host = 1}}};
    second.cache.put(numbered(1), *first.cache.find(numbered(1), base::unix_s()));
    Intake restarted{second.options, second.policy, second.cache, second.counters, [](const proto::Event&) {}};
    restarted.announced({}, to_proto(numbered(1, 9333)), announcement_of_peer(1));
    EXPECT_EQ(restarted.start_checks(Clock::now()).size(), 0U);
    EXPECT_EQ(second.not_checked(AnnouncerReachability::TARGET_LIMIT), 1U);
}

} // namespace
} // namespace peer_observer::addr_connectivity
