// Attacks that were played before the rules knew them, pauses of the node, and what comes nearest to them.
#include "services/detector/testing/class_lookalikes.h"

namespace peer_observer::detector::testing {
namespace {

class UnfamiliarAttack : public ClassLookalike {
protected:
    void expect(const char* kind)
    {
        lab.finish();
        EXPECT_THAT(lab.kinds(), ElementsAre(kind));
    }
    /// A full message of headers (MAX_HEADERS_RESULTS, net_processing.h).
    Bytes chain_after(const Hash& previous)
    {
        std::vector<Bytes> headers(2'000);
        std::ranges::generate(
            headers, [&] { return make_header(script.random, previous, script.random.hash(), script.now_s()); });
        return payloads::headers(headers);
    }
    void ping(sim_node::Connection& peer, int count)
    {
        for (int i = 0; i < count; ++i)
            peer.receive("ping", payloads::nonce(script.random.u64()));
    }
    /// As bitcoinj does: every two seconds.
    void ping_for(std::vector<sim_node::Connection>& some, int seconds)
    {
        for (int second = 0; second < seconds; second += 2) {
            for (auto& peer : some)
                ping(peer, 1);
            script.wait(2);
        }
    }
    /// A peer asks for blocks one by one, and for all of them again in each pass.
    void download(std::size_t count, int passes)
    {
        std::vector<Mined> blocks(count);
        std::ranges::generate(blocks, [&] { return mined(script); });
        for (int pass = 0; pass < passes; ++pass)
            for (const auto& block : blocks) {
                peer_.receive("getdata", inventory(Inventory::witness_block, {block.hash}));
                peer_.send("block", block.bytes);
                script.wait(0.1);
            }
    }
    /// A coin is spent by one peer's transaction, and by another's, which the node rejects.
    void conflict(sim_node::Connection& first, sim_node::Connection& second)
    {
        const Coin contested = coin();
        bring(first, spend({contested}, 500));
        const auto late = spend({contested}, 500);
        second.receive("tx", late.bytes, [&] { script.emit(calls::mempool_rejected(late.txid, "insufficient fee")); });
        script.wait(5);
    }
    /// A coin is spent by one peer's transaction, which another's replaces.
    void replace(sim_node::Connection& first, sim_node::Connection& second)
    {
        const Coin contested = coin();
        const auto before = spend({contested}, 500);
        bring(first, before);
        const auto after = spend({contested}, 900);
        bring(second, after, [&] {
            script.emit(calls::mempool_replaced(before.txid, before.vsize(), before.fee, 1, after.txid, after.vsize(),
                                                after.fee, true));
        });
        script.wait(5);
    }

    std::vector<sim_node::Connection> others_{peers(6)};
    sim_node::Connection peer_{peers(1)[0]};
};

TEST_F(UnfamiliarAttack, FindsChainOfHeadersThatIsBegunAgainAndAgain)
{
    const Hash beginning = script.random.hash();
    for (int i = 0; i < 45; ++i) {
        peer_.receive("headers", chain_after(beginning));
        script.wait(3);
    }
    expect("header_spam");
}

/// Core reads the headers of a chain once to know its work, and again to store them (headerssync.h).
TEST_F(UnfamiliarAttack, IgnoresChainOfHeadersThatIsReadTwice)
{
    const auto beginnings = hashes(script, 100);
    for (int pass = 0; pass < 2; ++pass)
        for (const Hash& beginning : beginnings) {
            peer_.receive("headers", chain_after(beginning));
            script.wait(1);
        }
    expect_nothing();
}

TEST_F(UnfamiliarAttack, FindsRequestsForBlocksThatNodeDoesNotHave)
{
    for (int i = 0; i < 60; ++i) {
        peer_.receive("getdata", inventory(Inventory::witness_block, hashes(script, 4)));
        peer_.receive("getblocktxn", payloads::get_block_transactions(script.random.hash(), {0}));
        script.wait(1);
    }
    expect("request_repeat");
}

/// Of 500 blocks, as an answer to getblocks names them; an old client asks for all at once and is sent them in an hour.
TEST_F(UnfamiliarAttack, IgnoresBlocksThatAreSentSlowly)
{
    std::vector<Mined> blocks(500);
    std::ranges::generate(blocks, [&] { return mined(script); });
    std::vector<Hash> wanted;
    for (const auto& block : blocks)
        wanted.push_back(block.hash);
    peer_.receive("getdata", inventory(Inventory::witness_block, wanted));
    for (const auto& block : blocks) {
        script.wait(7);
        ping_for(others_, 2);
        peer_.send("block", block.bytes);
    }
    ping(peer_, 1);
    expect_nothing();
}

TEST_F(UnfamiliarAttack, FindsBlockThatAnnouncerSaysItDoesNotHave)
{
    const Bytes item = inventory(Inventory::witness_block, {script.random.hash()});
    peer_.send("getdata", item).receive("notfound", item);
    for (int second = 0; second < 180; second += 2) {
        ping_for(others_, 2);
    }
    expect("block_stall");
}

/// The node's disk, or its host, stood still for minutes, while light clients pinged.
TEST_F(UnfamiliarAttack, IgnoresPingsThatNodeTakesAfterPause)
{
    for (const int pause : {30, 300}) {
        ping_for(others_, 120);
        script.wait(pause);
        for (auto& other : others_)
            ping(other, pause / 2);
        ping_for(others_, 300);
    }
    expect_nothing();
}

TEST_F(UnfamiliarAttack, FindsPingFloodAfterPause)
{
    ping_for(others_, 120);
    script.wait(300);
    for (auto& other : others_)
        ping(other, 150);
    ping(peer_, 300 * 5);
    expect("ping_flood");
}

TEST_F(UnfamiliarAttack, FindsPingFloodThatBeginsAfterPause)
{
    script.wait(300);
    for (int second = 0; second < 240; second += 2) {
        ping_for(others_, 2);
        ping(peer_, 8);
    }
    expect("ping_flood");
}

TEST_F(UnfamiliarAttack, FindsSiteThatSpendsFirstWhatOthersSpend)
{
    for (int i = 0; i < 60; ++i)
        conflict(peer_, others_[static_cast<std::size_t>(i) % others_.size()]);
    expect("first_announcer");
    EXPECT_EQ(lab.opened()[0].nodes(0).figures(1).value(), 1.0);
}

/// The peer that is first with everything is first with replacements, too; others still send what they replace.
TEST_F(UnfamiliarAttack, IgnoresFastPeerInStormOfReplacements)
{
    for (int i = 0; i < 300; ++i) {
        auto& other = others_[static_cast<std::size_t>(i) % others_.size()];
        replace(other, peer_);
        if (i % 5 == 0) conflict(peer_, other);
    }
    expect_nothing();
}

/// With the first announcement of each block by `first`; all others announce it, too.
class FirstWithBlocks : public UnfamiliarAttack {
protected:
    void announce(sim_node::Connection& first)
    {
        const Bytes header =
            payloads::headers({make_header(script.random, script.random.hash(), script.random.hash(), script.now_s())});
        first.receive("headers", header);
        for (auto& other : others_)
            other.receive("headers", header);
        script.wait(300);
    }
};

/// Core's eight outbound peers, of which one is always first.
TEST_F(FirstWithBlocks, FindsOneOfEightPeers)
{
    auto another = peers(2);
    others_.insert(others_.end(), another.begin(), another.end());
    for (int i = 0; i < 12; ++i)
        announce(peer_);
    expect("first_announcer");
}

/// As in a network of ten real nodes, of which one had four peers.
TEST_F(FirstWithBlocks, IgnoresFastestOfFourPeers)
{
    others_.resize(3, peer_);
    for (int i = 0; i < 20; ++i)
        announce(peer_);
    expect_nothing();
}

TEST_F(FirstWithBlocks, FindsThreeConnectionsOfOneSite)
{
    others_.resize(4, peer_);
    std::vector<sim_node::Connection> site;
    for (int i = 1; i <= 3; ++i)
        site.emplace_back(script, "203.0.113." + std::to_string(i)).shake_hands();
    for (std::size_t i = 0; i < 12; ++i)
        announce(site[i % site.size()]);
    expect("first_announcer");
}

/// A pruned node that follows a deep reorganisation downloads again what it had deleted.
TEST_F(UnfamiliarAttack, IgnoresBlocksThatPeerHadDeleted)
{
    download(300, 2);
    expect_nothing();
}

TEST_F(UnfamiliarAttack, FindsBlocksThatPeerDownloadsAgainAndAgain)
{
    download(30, 6);
    lab.finish();
    EXPECT_THAT(lab.kinds(), ElementsAre("request_repeat", "upload_drain"));
}

} // namespace
} // namespace peer_observer::detector::testing
