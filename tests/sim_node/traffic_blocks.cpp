#include "tests/sim_node/hashes.h"
#include "tests/sim_node/traffic.h"

#include <algorithm>

namespace peer_observer::sim_node::traffic {
namespace {

using payloads::Inventory;
using payloads::inventory;

/// Tells the peers of the new tip: by compact block, by header or by inv, as each has asked for.
void announce_tip(Node& node, const Peer& source)
{
    const Block& block = node.recent_blocks.back();
    for (const Peer& peer : node.peers) {
        if (peer.id == source.id) continue;
        const auto draw = node.random.below(10);
        if (draw < 2) {
            node.send(peer, "cmpctblock", payloads::compact_block(node.random, block));
        } else if (draw < 9) {
            node.send(peer, "headers", payloads::headers({block.header}));
        } else {
            node.send(peer, "inv", inventory(Inventory::block, {block.hash}));
        }
    }
    const Peer& curious = node.other_peer(source);
    node.receive(curious, "getdata", inventory(Inventory::witness_block, {block.hash}),
                 [&] { node.send(curious, "block", block.bytes()); });
    const Peer& compact = node.other_peer(source);
    node.receive(compact, "getdata", inventory(Inventory::compact_block, {block.hash}),
                 [&] { node.send(compact, "cmpctblock", payloads::compact_block(node.random, block)); });
}

/// The last transactions of a block, which not everybody may have.
std::vector<std::size_t> last_transactions(const Block& block)
{
    std::vector<std::size_t> indexes;
    const std::size_t count = std::min<std::size_t>(block.transactions.size(), 4);
    for (std::size_t i = block.transactions.size() - count; i < block.transactions.size(); ++i)
        indexes.push_back(i);
    return indexes;
}

} // namespace

void compact_block(Node& node)
{
    const Peer& peer = node.random_peer();
    const Block block = node.mine();
    const auto missing = last_transactions(block);
    node.receive(peer, "cmpctblock", payloads::compact_block(node.random, block),
                 [&] { node.send(peer, "getblocktxn", payloads::get_block_transactions(block.hash, missing)); });
    node.receive(peer, "blocktxn", payloads::block_transactions(block, missing), [&] { node.connect_block(block); });
    announce_tip(node, peer);
    const Peer& other = node.other_peer(peer);
    node.receive(other, "getblocktxn", payloads::get_block_transactions(block.hash, missing),
                 [&] { node.send(other, "blocktxn", payloads::block_transactions(block, missing)); });
}

void full_block(Node& node)
{
    const Peer& peer = node.random_peer();
    const Block block = node.mine();
    node.receive(peer, "headers", payloads::headers({block.header}),
                 [&] { node.send(peer, "getdata", inventory(Inventory::witness_block, {block.hash})); });
    node.receive(peer, "block", block.bytes(), [&] { node.connect_block(block); });
    announce_tip(node, peer);
}

void serve_headers(Node& node)
{
    const Peer& peer = node.random_peer();
    const std::vector<Bytes> headers(node.recent_headers.begin(), node.recent_headers.end());
    std::vector<Hash> locator;
    for (std::size_t step = 1, i = 0; i < headers.size(); i += step, step += i > 10 ? step : 0) {
        locator.push_back(double_sha256(headers[headers.size() - 1 - i]));
    }
    node.receive(peer, "getheaders", payloads::locator(locator, {}),
                 [&] { node.send(peer, "headers", payloads::headers(headers)); });
    node.receive(peer, "getblocks", payloads::locator(locator, {}), [&] {
        std::vector<Hash> hashes;
        for (std::size_t i = headers.size() - std::min<std::size_t>(headers.size(), 500); i < headers.size(); ++i) {
            hashes.push_back(double_sha256(headers[i]));
        }
        node.send(peer, "inv", inventory(Inventory::block, hashes));
    });
}

void bloom_client(Node& node)
{
    if (node.recent_blocks.empty()) full_block(node);
    const Peer& peer = node.random_peer();
    const Block& block = node.recent_blocks.back();
    node.receive(peer, "filterload",
                 payloads::filter_load(node.random.bytes(node.random.between<std::size_t>(20, 1'000)), 11,
                                       static_cast<std::uint32_t>(node.random.u64())));
    node.receive(peer, "filteradd", payloads::filter_add(node.random.bytes(32)));
    node.receive(peer, "getdata", inventory(Inventory::filtered_block, {block.hash}), [&] {
        node.send(peer, "merkleblock", payloads::merkle_block(block));
        for (const Transaction& transaction : block.transactions)
            node.send(peer, "tx", transaction.bytes);
    });
    node.receive(peer, "filterclear", {});
}

void compact_filter_client(Node& node)
{
    const Peer& peer = node.random_peer();
    const auto hashes = [&](std::size_t count) {
        std::vector<Hash> result(count);
        for (Hash& hash : result)
            hash = node.random.hash();
        return result;
    };
    constexpr std::uint32_t kBlocksInCheckpoint = 1'000;
    node.receive(peer, "getcfcheckpt", payloads::get_compact_filter_checkpoints(node.tip()), [&] {
        node.send(peer, "cfcheckpt",
                  payloads::compact_filter_checkpoints(node.tip(), hashes(node.height() / kBlocksInCheckpoint)));
    });
    node.receive(peer, "getcfheaders", payloads::get_compact_filters(node.height() - 99, node.tip()), [&] {
        node.send(peer, "cfheaders", payloads::compact_filter_headers(node.tip(), node.random.hash(), hashes(100)));
    });
    node.receive(peer, "getcfilters", payloads::get_compact_filters(node.height() - 2, node.tip()), [&] {
        for (int i = 0; i < 3; ++i) {
            const Bytes filter = node.random.bytes(node.random.between<std::size_t>(5'000, 25'000));
            node.send(peer, "cfilter", payloads::compact_filter(node.random.hash(), filter));
        }
    });
}

void flush(Node& node)
{
    const auto coins = node.random.between<std::uint64_t>(1'000, 3'000'000);
    // Mode 2: PERIODIC.
    node.emit(calls::utxocache_flush(node.random.between<std::int64_t>(500, 2'000'000), 2, coins, coins * 160, false));
}

} // namespace peer_observer::sim_node::traffic
