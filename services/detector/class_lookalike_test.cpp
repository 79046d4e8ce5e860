// What comes nearest to the classes of attack and is none: peers that synchronize, light clients, wallets, crawlers,
// dead lines. Numbers are Bitcoin Core's or of ordinary life, not the rules'.
#include "services/detector/testing/class_lookalikes.h"

namespace peer_observer::detector::testing {
namespace {

/// 2,000 headers a message (MAX_HEADERS_RESULTS, net_processing.h); of blocks, 16 at a time.
TEST_F(ClassLookalike, IgnoresNodeThatSynchronizes)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    Hash last = script.random.hash();
    for (int i = 0; i < 130; ++i) {
        peer.receive("getheaders", payloads::locator({last}, {}));
        std::vector<Bytes> headers(2'000);
        std::ranges::generate(headers,
                              [&] { return make_header(script.random, last, script.random.hash(), script.now_s()); });
        peer.send("headers", payloads::headers(headers));
        last = script.random.hash();
        script.wait(0.5);
    }
    for (int i = 0; i < 60; ++i) {
        std::vector<Mined> blocks(16);
        std::ranges::generate(blocks, [&] { return mined(script); });
        std::vector<Hash> wanted;
        for (const auto& block : blocks)
            wanted.push_back(block.hash);
        peer.receive("getdata", inventory(Inventory::witness_block, wanted));
        for (const auto& block : blocks)
            peer.send("block", block.bytes);
    }
    expect_nothing();
}

/// 1,000 filters a request (MAX_GETCFILTERS_SIZE, net_processing.cpp).
TEST_F(ClassLookalike, IgnoresLightClientThatFetchesAllFiltersOnce)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    for (std::uint32_t height = 0; height < 100'000; height += 1'000) {
        const Hash stop = script.random.hash();
        peer.receive("getcfheaders", payloads::get_compact_filters(height, stop));
        peer.receive("getcfilters", payloads::get_compact_filters(height, stop));
        for (int i = 0; i < 20; ++i)
            peer.send("cfilter", payloads::compact_filter(script.random.hash(), script.random.bytes(100)));
        script.wait(10);
    }
    expect_nothing();
}

TEST_F(ClassLookalike, IgnoresManyNodesThatFetchTheSameBlocks)
{
    std::vector<Mined> blocks(100);
    std::ranges::generate(blocks, [&] { return mined(script); });
    for (int i = 0; i < 10; ++i) {
        sim_node::Connection peer{script, script.distinct_host()};
        peer.shake_hands();
        for (const auto& block : blocks) {
            peer.receive("getdata", inventory(Inventory::witness_block, {block.hash}));
            peer.send("block", block.bytes);
        }
    }
    expect_nothing();
}

/// A line breaks, and what was in flight is fetched again: 16 blocks (MAX_BLOCKS_IN_TRANSIT_PER_PEER).
TEST_F(ClassLookalike, IgnoresPeerThatReconnectsWithBlocksInFlight)
{
    std::vector<Mined> blocks(16);
    std::ranges::generate(blocks, [&] { return mined(script); });
    for (int i = 0; i < 3; ++i) {
        sim_node::Connection peer{script, kHost};
        peer.shake_hands();
        for (const auto& block : blocks) {
            peer.receive("getdata", inventory(Inventory::witness_block, {block.hash}));
            peer.send("block", block.bytes);
        }
        script.wait(70);
        peer.close();
    }
    expect_nothing();
}

TEST_F(ClassLookalike, IgnoresAnnouncementsThatOthersHaveMade)
{
    auto others = peers(5);
    for (std::size_t i = 0; i < 300; ++i) {
        const Transaction tx = spend({coin()}, 500);
        bring(others[i % 5], tx);
        for (std::size_t other = 1; other < 5; ++other)
            others[(i + other) % 5].receive("inv", inventory(Inventory::wtx, {tx.wtxid}));
        script.wait(1);
    }
    expect_nothing();
}

TEST_F(ClassLookalike, IgnoresUnknownMessagesOfFutureClients)
{
    auto some = peers(20);
    for (int i = 0; i < 12; ++i) {
        for (auto& peer : some)
            peer.receive("sendfuture", script.random.bytes(9));
        script.wait(300);
        for (auto& peer : some)
            peer.receive("ping", payloads::nonce(script.random.u64()));
    }
    expect_nothing();
}

TEST_F(ClassLookalike, IgnoresScannersOfManyNetworks)
{
    for (int i = 0; i < 60; ++i) {
        sim_node::Connection peer{script, script.distinct_host()};
        script.wait(20);
        peer.close();
        script.wait(40);
    }
    expect_nothing();
}

/// Core closes them after 20 minutes (TIMEOUT_INTERVAL, net.h).
TEST_F(ClassLookalike, IgnoresFewDeadConnectionsOfOneSubnet)
{
    auto others = peers(5);
    std::vector<sim_node::Connection> dead;
    for (int i = 1; i <= 3; ++i) {
        dead.emplace_back(script, "203.0.113." + std::to_string(i)).shake_hands();
        dead.back().receive("getheaders", payloads::locator({script.random.hash()}, {}));
    }
    for (int second = 0; second < 1'200; second += 10) {
        for (auto& peer : others)
            peer.receive("ping", payloads::nonce(script.random.u64()));
        if (second == 120)
            for (auto& peer : dead)
                peer.send("ping", payloads::nonce(7));
        script.wait(10);
    }
    expect_nothing();
}

/// A ping waits behind what is sent: 1 MB (-maxsendbuffer) and a block at 20 kB/s.
TEST_F(ClassLookalike, IgnoresLatePongsOfSlowReaders)
{
    auto others = peers(5);
    std::vector<sim_node::Connection> slow;
    for (int i = 1; i <= 6; ++i) {
        slow.emplace_back(script, "203.0.113." + std::to_string(i)).shake_hands();
        slow.back().receive("getheaders", payloads::locator({script.random.hash()}, {}));
    }
    for (int round = 0; round < 5; ++round) {
        for (auto& peer : slow)
            peer.send("ping", payloads::nonce(7));
        for (int second = 0; second < 150; second += 10) {
            for (auto& peer : others)
                peer.receive("ping", payloads::nonce(script.random.u64()));
            script.wait(10);
        }
        for (auto& peer : slow)
            peer.receive("pong", payloads::nonce(7));
    }
    expect_nothing();
}

TEST_F(ClassLookalike, IgnoresCrawlerThatComesEveryFiveMinutes)
{
    for (int i = 0; i < 36; ++i) {
        sim_node::Connection peer{script, kHost};
        peer.shake_hands().receive("getaddr", {}).send("addrv2", addresses(script, 500));
        script.wait(75);
        peer.close();
        script.wait(225);
    }
    expect_nothing();
}

TEST_F(ClassLookalike, IgnoresPeerThatLeavesWithBlocksInFlight)
{
    auto others = peers(4);
    for (int i = 0; i < 3; ++i) {
        sim_node::Connection peer{script, kHost, "outbound-full-relay"};
        peer.shake_hands();
        for (int j = 0; j < 20; ++j) { // and delivers most before
            const Mined block = mined(script);
            peer.send("getdata", inventory(Inventory::witness_block, {block.hash}));
            script.wait(2);
            peer.receive("block", block.bytes);
        }
        peer.send("getdata", inventory(Inventory::witness_block, hashes(script, 16)));
        script.wait(3);
        peer.close();
    }
    expect_nothing();
}

} // namespace
} // namespace peer_observer::detector::testing
