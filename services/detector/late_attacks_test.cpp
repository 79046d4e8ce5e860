// Transactions that come late or take long, blocks that do not fit, messages with padding; and what comes nearest to
// them.
#include "services/detector/testing/class_lookalikes.h"

namespace peer_observer::detector::testing {
namespace {

class LateAttack : public ClassLookalike {
protected:
    void expect(const char* kind)
    {
        lab.finish();
        EXPECT_THAT(lab.kinds(), ElementsAre(kind));
    }
    /// So many seconds pass, in which the node processes messages of others.
    void live(double seconds)
    {
        for (double second = 0; second < seconds; second += 2) {
            script.wait(2);
            for (auto& other : others_)
                other.receive("ping", payloads::nonce(script.random.u64()));
        }
    }
    void deliver_after(double seconds, std::size_t count)
    {
        std::vector<Transaction> some;
        for (std::size_t i = 0; i < count; ++i) {
            some.push_back(spend({coin()}, 500));
            const Bytes item = inventory(Inventory::wtx, {some.back().wtxid});
            peer_.receive("inv", item).send("getdata", item);
        }
        live(seconds);
        for (const auto& tx : some)
            receive(peer_, tx, 50'000);
    }
    void receive(sim_node::Connection& peer, const Transaction& tx, std::int64_t duration_ns)
    {
        peer.receive(
            "tx", tx.bytes, [&] { script.emit(calls::mempool_added(tx.txid, tx.vsize(), tx.fee)); }, duration_ns);
    }
    /// A compact block that lacks its transaction, and what follows; `fits`: the node can use what it is sent.
    void announce_block(bool fits)
    {
        Block block;
        block.transactions.push_back(make_coinbase(script.random, 930'000, 312'500'000));
        block.transactions.push_back(spend({coin()}, 500));
        block.header = make_header(script.random, script.random.hash(), script.random.hash(), script.now_s());
        block.hash = double_sha256(block.header);
        peer_.receive("cmpctblock", payloads::compact_block(script.random, block));
        peer_.send("getblocktxn", payloads::get_block_transactions(block.hash, {1}));
        peer_.receive("blocktxn", payloads::block_transactions(block, {1}));
        if (!fits) {
            peer_.send("getdata", inventory(Inventory::witness_block, {block.hash}));
            peer_.receive("block", block.bytes());
        }
        script.wait(300);
    }
    /// Each of so many peers brings transactions that take the node so long.
    void bring_slow(int count, int transactions, double seconds)
    {
        auto some = peers(count);
        for (int i = 0; i < transactions; ++i)
            for (auto& peer : some) {
                receive(peer, spend({coin()}, 500), static_cast<std::int64_t>(seconds * 1e9));
                script.wait(seconds);
            }
    }

    std::vector<sim_node::Connection> others_{peers(4)};
    sim_node::Connection peer_{peers(1)[0]};
};

TEST_F(LateAttack, FindsTransactionsThatComeJustInTime)
{
    deliver_after(56, 40);
    expect("inv_flood");
}

TEST_F(LateAttack, IgnoresTransactionsOfSlowLine)
{
    for (int i = 0; i < 10; ++i)
        deliver_after(20, 40);
    expect_nothing();
}

/// The node's disk, or its host, stood still for a minute.
TEST_F(LateAttack, IgnoresTransactionsThatNodeLooksAtLate)
{
    std::vector<Transaction> some;
    for (int i = 0; i < 100; ++i) {
        some.push_back(spend({coin()}, 500));
        const Bytes item = inventory(Inventory::wtx, {some.back().wtxid});
        peer_.receive("inv", item).send("getdata", item);
    }
    script.wait(58);
    for (const auto& tx : some)
        receive(peer_, tx, 50'000);
    expect_nothing();
}

TEST_F(LateAttack, FindsCompactBlocksThatDoNotFit)
{
    for (int i = 0; i < 5; ++i)
        announce_block(false);
    expect("block_withhold");
}

TEST_F(LateAttack, IgnoresCompactBlocksThatLackTransactions)
{
    announce_block(false);
    for (int i = 0; i < 20; ++i)
        announce_block(true);
    expect_nothing();
}

TEST_F(LateAttack, FindsPaddedMessages)
{
    peer_.receive("feefilter", Bytes(3'000'000));
    expect("useless_messages");
}

/// What a later version of the protocol may append.
TEST_F(LateAttack, IgnoresFieldsThatNodeDoesNotKnow)
{
    for (int i = 0; i < 300; ++i) {
        peer_.receive("ping", Bytes(8 + 32));
        script.wait(4);
    }
    expect_nothing();
}

TEST_F(LateAttack, FindsAcceptedTransactionsThatTakeLong)
{
    bring_slow(6, 5, 0.002);
    bring_slow(1, 80, 0.5);
    expect("cpu_dos");
}

TEST_F(LateAttack, FindsSlowTransactionsOfOnlySender)
{
    bring_slow(1, 80, 0.6);
    expect("cpu_dos");
}

/// feature_fee_estimation.py on a busy machine: each waits for a lock, and the first ones come from one peer.
TEST_F(LateAttack, IgnoresTransactionsThatWaitForLock)
{
    bring_slow(1, 400, 0.17);
    bring_slow(2, 400, 0.17);
    expect_nothing();
}

/// A slow machine, or one that waits for a lock, is as slow with everybody's.
TEST_F(LateAttack, IgnoresTransactionsOnSlowMachine)
{
    bring_slow(3, 200, 0.2);
    expect_nothing();
}

} // namespace
} // namespace peer_observer::detector::testing
