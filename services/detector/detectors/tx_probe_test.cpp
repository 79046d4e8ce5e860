// tx_probe's rule about what another peer has just announced, at both edges, and what comes nearest to it.
#include "services/detector/testing/robustness.h"

namespace peer_observer::detector::testing {
namespace {

class TxProbe : public Robustness {
protected:
    TxProbe()
    {
        teller.shake_hands();
        asker.shake_hands();
    }

    /// The teller announces, the asker asks for it.
    void probe(int count, double delay_s = 0)
    {
        for (; count > 0; --count) {
            const auto items = hashes(script, 1);
            teller.receive("inv", inventory(Inventory::wtx, items)).send("getdata", inventory(Inventory::wtx, items));
            script.wait(delay_s);
            request(asker, items);
        }
    }

    sim_node::Connection teller{script, script.distinct_host()};
    sim_node::Connection asker{script, kHost};
};

TEST_F(TxProbe, IgnoresThreeRequestsForFreshAnnouncements)
{
    probe(3);
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(TxProbe, FindsTwelveRequestsForFreshAnnouncements)
{
    probe(12);
    lab.finish();
    ASSERT_THAT(lab.kinds(), ElementsAre("tx_probe"));
    ASSERT_THAT(lab.opened(), SizeIs(1));
    EXPECT_EQ(lab.opened()[0].subject(), kHost);
    EXPECT_EQ(lab.opened()[0].nodes(0).figures(0).threshold(), 6);
}

TEST_F(TxProbe, TakesTransactionForItsAnnouncement)
{
    for (int i = 0; i < 12; ++i) {
        const auto tx = make_transaction(script.random, {{.txid = script.random.hash(), .value = 1'000'000}}, 500);
        teller.receive("tx", tx.bytes);
        asker.receive("getdata", inventory(Inventory::witness_tx, {tx.txid}));
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("tx_probe"));
}

TEST_F(TxProbe, IgnoresRequestsForWhatWasAnnouncedToTheAsker)
{
    for (int i = 0; i < 100; ++i) {
        const auto items = hashes(script, 1);
        teller.receive("inv", inventory(Inventory::wtx, items));
        asker.send("inv", inventory(Inventory::wtx, items));
        request(asker, items);
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

/// The asker has the child from elsewhere, hears of it from the node too, and asks all who told of it for the parent,
/// which the node does not announce by itself, because it pays too little.
TEST_F(TxProbe, IgnoresRequestsForParentsOfAnnouncedTransactions)
{
    for (int i = 0; i < 100; ++i) {
        const auto parent = make_transaction(script.random, {{.txid = script.random.hash(), .value = 1'000'000}}, 500);
        const auto child = make_transaction(script.random, {{.txid = parent.txid, .value = 900'000}}, 500);
        teller.receive("tx", parent.bytes).receive("tx", child.bytes);
        asker.send("inv", inventory(Inventory::wtx, {child.wtxid}));
        asker.receive("getdata", inventory(Inventory::witness_tx, {parent.txid}));
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
}

TEST_F(TxProbe, CountsOldAnnouncementsForTheOtherRuleOnly)
{
    probe(6, 61);
    for (int i = 0; i < 6; ++i) {
        const auto items = hashes(script, 1);
        asker.receive("inv", inventory(Inventory::wtx, items));
        teller.receive("inv", inventory(Inventory::wtx, items));
        request(asker, items);
    }
    lab.finish();
    EXPECT_THAT(lab.kinds(), IsEmpty());
    request(asker, hashes(script, 20));
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("tx_probe"));
}

} // namespace
} // namespace peer_observer::detector::testing
