// addr_impossible, addr_unheard and addr_dead: the signs that their scripts do not have, at both edges, and what comes
// nearest to them.
#include "services/detector/testing/robustness.h"

namespace peer_observer::detector::testing {
namespace {

using payloads::KnownAddress;

class Addresses : public Robustness {
protected:
    std::uint32_t time(double offset_s) const
    {
        return static_cast<std::uint32_t>(static_cast<double>(script.now_s()) + offset_s);
    }

    void announce(sim_node::Connection& peer, std::size_t count, const KnownAddress& address)
    {
        for (; count > 0; --count) {
            peer.receive("addrv2", payloads::addrv2({address}));
            script.wait(20); // within Core's limit
        }
    }
    void announce_random(sim_node::Connection& peer, std::size_t count)
    {
        for (; count > 0; --count) {
            peer.receive("addrv2", addresses(script, 1));
            script.wait(10);
        }
    }

    proto::Event reachability(std::uint64_t ok, std::uint64_t dead, const std::string& peer)
    {
        proto::Event event;
        auto& announcer = *event.mutable_addr_connectivity()->mutable_announcer_reachability();
        announcer.set_node("alpha");
        announcer.set_peer_id(7);
        announcer.set_peer_address(peer);
        announcer.set_connection_type("inbound");
        announcer.set_first_announcement_ns(node.now());
        using Checked = proto::AddressChecked;
        for (const auto& [result, count] :
             {std::pair{Checked::OK, ok}, std::pair{Checked::TIMEOUT, dead / 2},
              std::pair{Checked::REFUSED, dead - dead / 2}, std::pair{Checked::UNREACHABLE, std::uint64_t{500}}}) {
            auto& counted = *announcer.add_results();
            counted.set_result(result);
            counted.set_count(count);
        }
        return event;
    }

    Address unroutable{Network::ipv4, {192, 168, 7, 7}, 8333};
    Address routable{Network::ipv4, {240, 1, 2, 3}, 8333};
};

TEST_F(Addresses, FindsImpossibleAddressesAtTwiceTheThresholdNotAtHalf)
{
    const auto cases = std::to_array<std::pair<Address, double>>(
        {{unroutable, 0}, {routable, 3'600}, {routable, -100 * 86'400.0}, {routable, -1e9 * 1.7}});
    for (const auto& [address, offset_s] : cases) {
        for (const int count : {10, 40}) {
            Lab other;
            Node there{other};
            sim_node::Connection peer{there.script, kHost};
            peer.shake_hands();
            for (int i = 0; i < count; ++i) {
                const auto when = static_cast<double>(there.script.now_s()) + offset_s;
                peer.receive("addr", payloads::addr({{address, static_cast<std::uint32_t>(when), 9}}));
                there.script.wait(20);
            }
            other.finish();
            EXPECT_EQ(other.kinds().contains("addr_impossible"), count == 40) << offset_s;
            EXPECT_LE(other.kinds().size(), 1U);
        }
    }
}

TEST_F(Addresses, IgnoresFewImpossibleAddressesAmongMany)
{
    sim_node::Connection peer{script, kHost, "outbound-full-relay"};
    peer.shake_hands().send("getaddr", {});
    std::vector<KnownAddress> answer(1'000);
    for (std::size_t i = 0; i < answer.size(); ++i)
        answer[i] = {i < 24 ? unroutable : random_address(script.random), time(0), 9};
    peer.receive("addrv2", payloads::addrv2(answer));
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(Addresses, IgnoresPeerClockOffByMinutes)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands({.clock_offset_s = 500});
    announce(peer, 60, {routable, time(500), 9});
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(Addresses, FindsUnheardAddressesAfterADayOfListening)
{
    for (const int count : {150, 360}) {
        sim_node::Connection first{script, script.distinct_host()};
        first.shake_hands();
        announce_random(first, static_cast<std::size_t>(count)); // nobody knows yet what is usual
        lab.finish();
        EXPECT_THAT(lab.kinds(), IsEmpty());
    }
    script.wait(86'400);
    sim_node::Connection modest{script, script.distinct_host()};
    modest.shake_hands();
    announce_random(modest, 150);
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    script.wait(6'000); // tokens
    const Bytes known = addresses(script, 1);
    for (int i = 0; i < 600; ++i) {
        peer.receive("addrv2", addresses(script, 1));
        script.wait(5);
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty()); // nobody else says anything
    for (int i = 0; i < 600; ++i) {
        peer.receive("addrv2", addresses(script, 1));
        modest.receive("addrv2", known);
        script.wait(5);
    }
    lab.finish();
    ASSERT_THAT(lab.kinds(), ElementsAre("addr_unheard"));
    EXPECT_EQ(lab.opened()[0].subject(), kHost);
}

TEST_F(Addresses, IgnoresPeerThatForwardsAnnouncements)
{
    sim_node::Connection first{script, script.distinct_host()};
    sim_node::Connection second{script, script.distinct_host()};
    first.shake_hands();
    second.shake_hands();
    script.wait(86'400);
    for (int i = 0; i < 400; ++i) {
        const Bytes message = addresses(script, 1);
        second.receive("addrv2", message);
        if (i % 4 == 0) first.receive("addrv2", message); // every fourth it had from him
        script.wait(5);
        first.receive("addrv2", message);
        script.wait(4);
    }
    lab.finish();
    for (const auto& report : lab.opened())
        EXPECT_NE(report.nodes(0).peers(0).peer_id(), first.id());
}

TEST_F(Addresses, AllowsUnheardAddressesInAnswerToGetaddr)
{
    sim_node::Connection other{script, script.distinct_host()};
    other.shake_hands().receive("addrv2", addresses(script, 1));
    script.wait(86'400);
    sim_node::Connection peer{script, kHost, "outbound-full-relay"};
    peer.shake_hands().send("getaddr", {}).receive("addrv2", addresses(script, 1'000));
    auto before = old_peer("outbound-full-relay");
    before.receive("addrv2", addresses(script, 1'000));
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(Addresses, AllowsOldAddressesInAnswerToGetaddr)
{
    sim_node::Connection peer{script, kHost, "outbound-full-relay"};
    peer.shake_hands().send("getaddr", {});
    std::vector<KnownAddress> answer(1'000);
    for (std::size_t i = 0; i < answer.size(); ++i)
        answer[i] = {random_address(script.random), time(i % 3 == 0 ? -200 * 86'400.0 : 0), 9};
    peer.receive("addrv2", payloads::addrv2(answer));
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(Addresses, DisablesEachOfThreeKindsByItself)
{
    const auto kinds = all_detectors();
    for (std::size_t kind = 0; kind < kinds.size(); ++kind)
        if (kinds[kind]->kind == "addr_impossible") lab.settings().enabled[kind] = 0;
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    announce(peer, 60, {unroutable, time(0), 9});
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
    Node checker{lab, "addr-connectivity", 9};
    checker.add(reachability(1, 200, "203.0.113.3:5000"));
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("addr_dead"));
}

TEST_F(Addresses, FindsDeadAddressesAtTwiceTheThresholdNotAtHalf)
{
    Node checker{lab, "addr-connectivity", 9};
    checker.add(reachability(0, 50, "203.0.113.1:5000"));
    checker.add(reachability(20, 200, "203.0.113.2:5000")); // one in eleven answers: that is how it is
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
    checker.add(reachability(1, 200, "203.0.113.3:5000"));
    checker.add(reachability(1, 200, "127.0.0.1:5000"));
    lab.finish();
    ASSERT_THAT(lab.opened(), SizeIs(2));
    EXPECT_EQ(lab.opened()[0].kind(), "addr_dead");
    EXPECT_EQ(lab.opened()[0].subject(), "203.0.113.3");
    EXPECT_EQ(lab.opened()[0].nodes(0).node(), "addr-connectivity");
    EXPECT_EQ(lab.opened()[0].nodes(0).evidence(0).publisher_id(), 9U);
    EXPECT_EQ(lab.opened()[1].subject(), "peer 7 of alpha");
}

TEST_F(Addresses, IgnoresDeadAddressesOfSeeds)
{
    Node checker{lab, "addr-connectivity", 9};
    auto event = reachability(0, 500, "");
    event.mutable_addr_connectivity()->mutable_announcer_reachability()->set_dns_seed("seed.example");
    checker.add(event);
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

} // namespace
} // namespace peer_observer::detector::testing
