// What nodes do in functional tests of Bitcoin Core that are no attacks, each as the detector once took it for one
// (tests/corpora/README.md). File and function of the test stand at each.
#include "services/detector/testing/robustness.h"

#include <set>
#include <string>

namespace peer_observer::detector::testing {
namespace {

class FunctionalTest : public Robustness {
protected:
    struct Header {
        Bytes bytes;
        Hash hash;
    };
    Header header_on(const Hash& previous)
    {
        const Bytes bytes = make_header(script.random, previous, script.random.hash(), script.now_s());
        return {bytes, double_sha256(bytes)};
    }
    std::vector<Header> chain_on(const Hash& previous, std::size_t length)
    {
        std::vector<Header> chain;
        for (std::size_t i = 0; i < length; ++i)
            chain.push_back(header_on(i == 0 ? previous : chain.back().hash));
        return chain;
    }
    void connect(const std::vector<Header>& chain, std::int32_t height)
    {
        for (const auto& header : chain)
            script.emit(calls::validation_block_connected(header.hash, height++, 1, 1, 1, 1'000'000));
    }
    static Bytes headers_of(const std::vector<Header>& chain)
    {
        std::vector<Bytes> headers;
        for (const auto& header : chain)
            headers.push_back(header.bytes);
        return payloads::headers(headers);
    }
    std::set<std::string> found()
    {
        lab.finish();
        return lab.kinds();
    }
};

/// feature_pruning.py, reorg_test(): node 1 invalidates a block at the height 1033 and makes another chain; node 2
/// still has the first one and tells node 1 of it. Then reorg_back() makes that one the longer again.
TEST_F(FunctionalTest, IgnoresHeadersOfChainThatOperatorInvalidated)
{
    const auto first = chain_on(script.random.hash(), 20);
    connect(first, 100);
    connect(chain_on(first[9].hash, 15), 110);
    sim_node::Connection peer{script, kHost, "manual"};
    peer.shake_hands();
    const std::vector<Header> refused{first.begin() + 10, first.end()};
    for (int i = 0; i < 65; ++i)
        peer.receive("headers", headers_of(refused), [&] { peer.misbehave("invalid header received"); });
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(FunctionalTest, FindsInvalidHeaderOnChainOfTheNode)
{
    const auto chain = chain_on(script.random.hash(), 20);
    connect(chain, 100);
    sim_node::Connection peer{script, kHost, "manual"};
    peer.shake_hands();
    const auto invalid = chain_on(chain.back().hash, 1);
    peer.receive("headers", headers_of(invalid), [&] { peer.misbehave("invalid header received"); });
    EXPECT_THAT(found(), ElementsAre("invalid_block"));
}

TEST_F(FunctionalTest, FindsHeaderWithoutWorkOnChainThatNodeLeft)
{
    const auto first = chain_on(script.random.hash(), 20);
    connect(first, 100);
    connect(chain_on(first[9].hash, 15), 110);
    sim_node::Connection peer{script, kHost, "manual"};
    peer.shake_hands();
    const std::vector<Header> left{first.begin() + 10, first.end()};
    peer.receive("headers", headers_of(left), [&] { peer.misbehave("header with invalid proof of work"); });
    EXPECT_THAT(found(), ElementsAre("invalid_block"));
}

/// feature_pruning.py, reorg_back(): node 1 cannot use the chain that nodes 0 and 2 go back to. Of each block that they
/// tell it of, it asks for the headers, always with the same locator, and gets the same ones.
TEST_F(FunctionalTest, IgnoresRequestsForHeadersThatNewsCauses)
{
    sim_node::Connection peer{script, kHost, "manual"};
    peer.shake_hands();
    const auto refused = chain_on(script.random.hash(), 300);
    const Bytes locator = payloads::locator({script.random.hash()}, {});
    connect(refused, 1033);
    for (int i = 0; i < 158; ++i) {
        const auto news = chain_on(refused.back().hash, 1);
        connect(news, 1333 + i);
        if (i % 3 == 0)
            peer.send("inv", inventory(Inventory::block, {news[0].hash}));
        else
            peer.send("headers", headers_of(news));
        peer.receive("getheaders", locator);
        peer.send("headers", headers_of(refused));
    }
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(FunctionalTest, FindsRequestsForHeadersWithoutNews)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    const auto chain = chain_on(script.random.hash(), 300);
    const Bytes locator = payloads::locator({script.random.hash()}, {});
    for (int i = 0; i < 60; ++i) {
        if (i == 0) peer.send("inv", inventory(Inventory::block, {chain.back().hash}));
        peer.receive("getheaders", locator);
        peer.send("headers", headers_of(chain));
    }
    EXPECT_THAT(found(), ElementsAre("request_repeat", "upload_drain"));
}

/// feature_fee_estimation.py, transact_and_mine(): the test gives each node the transactions by RPC that its peers send
/// it at the same time. A message waits for the lock that the RPC thread has: 14 ms each, 28 s of 80.
TEST_F(FunctionalTest, IgnoresTimeThatAcceptedTransactionsTake)
{
    sim_node::Connection peer{script, kHost, "outbound-full-relay"};
    peer.shake_hands();
    for (int i = 0; i < 2'000; ++i) {
        const auto tx = make_transaction(script.random, {{.txid = script.random.hash(), .value = 1'000'000}}, 500);
        peer.receive("tx", tx.bytes, [&] { script.emit(calls::mempool_added(tx.txid, 100, 500)); }, 14'000'000);
        script.wait(0.03);
    }
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(FunctionalTest, FindsTimeThatRefusedTransactionsTake)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands();
    for (int i = 0; i < 60; ++i) {
        const auto tx = make_transaction(script.random, {{.txid = script.random.hash(), .value = 1'000'000}}, 500);
        peer.receive(
            "tx", tx.bytes, [&] { script.emit(calls::mempool_rejected(tx.txid, "mempool-script-verify-flag-failed")); },
            500'000'000);
        script.wait(1);
    }
    EXPECT_TRUE(found().contains("cpu_dos"));
}

} // namespace
} // namespace peer_observer::detector::testing
