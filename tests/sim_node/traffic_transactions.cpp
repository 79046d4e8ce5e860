#include "tests/sim_node/traffic.h"

#include <array>

namespace peer_observer::sim_node::traffic {
namespace {

using payloads::Inventory;
using payloads::inventory;

Transaction new_transaction(Node& node)
{
    return make_transaction(node.random, node.take_coins(node.random.between<std::size_t>(1, 3)),
                            node.random.between<std::int64_t>(110, 20'000));
}

/// Tells some peers, the way they asked for it; one of them wants to have it.
void announce(Node& node, const Peer& source, const std::vector<Transaction>& transactions)
{
    std::vector<Hash> wtxids;
    wtxids.reserve(transactions.size());
    for (const Transaction& transaction : transactions)
        wtxids.push_back(transaction.wtxid);
    for (int i = 0; i < 2; ++i)
        node.send(node.other_peer(source), "inv", inventory(Inventory::wtx, wtxids));
    const Peer& curious = node.other_peer(source);
    node.send(curious, "inv", inventory(Inventory::wtx, wtxids));
    node.receive(curious, "getdata", inventory(Inventory::wtx, {wtxids.front()}),
                 [&] { node.send(curious, "tx", transactions.front().bytes); });
}

/// A transaction that can go without another one; the mempool may have to be filled first.
std::vector<MempoolEntry>::iterator childless(Node& node)
{
    if (node.mempool.empty()) relay_transactions(node);
    return node.find_childless();
}

} // namespace

void relay_transactions(Node& node)
{
    const Peer& peer = node.random_peer();
    std::vector<Transaction> fresh;
    std::vector<Hash> wtxids;
    for (int i = node.random.between(1, 4); i > 0; --i) {
        fresh.push_back(new_transaction(node));
        wtxids.push_back(fresh.back().wtxid);
    }
    const Bytes request = inventory(Inventory::wtx, wtxids);
    // Besides the new transactions, the peer announces others that the node has already.
    std::vector<Hash> announced = wtxids;
    for (std::size_t i = node.random.below(30U); i > 0; --i)
        announced.push_back(node.random.hash());
    const Bytes inv = inventory(Inventory::wtx, announced);
    node.receive(peer, "inv", inv);
    for (int i = 0; i < 3; ++i)
        node.receive(node.other_peer(peer), "inv", inv);
    node.send(peer, "getdata", request);
    for (const Transaction& transaction : fresh) {
        node.receive(peer, "tx", transaction.bytes, [&] { node.add_to_mempool(transaction); });
    }
    announce(node, peer, fresh);
}

void reject_transaction(Node& node)
{
    static constexpr std::array kReasons{"min relay fee not met", "dust",
                                         "txn-mempool-conflict",  "bad-txns-nonstandard-inputs",
                                         "non-BIP68-final",       "insufficient fee"};
    const Transaction transaction = new_transaction(node);
    node.receive(node.random_peer(), "tx", transaction.bytes, [&] {
        node.emit(calls::mempool_rejected(transaction.txid, node.random.pick(kReasons)));
        for (const Coin& coin : transaction.inputs) {
            constexpr std::uint32_t kMempoolHeight = 0x7fffffff;
            node.emit(calls::utxocache_uncache(coin.txid, coin.vout, coin.height == 0 ? kMempoolHeight : coin.height,
                                               coin.value, coin.coinbase));
        }
    });
}

void orphan(Node& node)
{
    const Peer& peer = node.random_peer();
    const Transaction parent = new_transaction(node);
    const Transaction child = make_transaction(node.random, {parent.outputs.back()}, 110);
    const std::uint64_t others = node.random.below(20U);
    const std::int64_t others_weight = static_cast<std::int64_t>(others) * 900;
    node.receive(peer, "tx", child.bytes, [&] {
        node.emit(calls::mempool_rejected(child.txid, "bad-txns-inputs-missingorspent"));
        node.emit(calls::orphan_add(child.txid, child.wtxid, child.weight, peer.id, others + 1,
                                    others_weight + child.weight));
    });
    node.send(peer, "getdata", inventory(Inventory::witness_tx, {parent.txid}));
    node.receive(peer, "tx", parent.bytes, [&] {
        node.add_to_mempool(parent);
        node.add_to_mempool(child);
        node.emit(calls::orphan_removed(child.txid, child.wtxid, child.weight, peer.id, others, others_weight));
    });
    announce(node, peer, {parent, child});
}

void replace_transaction(Node& node)
{
    const auto entry = childless(node);
    const MempoolEntry& old = *entry;
    const Transaction replacement = make_transaction(node.random, old.transaction.inputs, old.transaction.fee + 1'000);
    const Peer& peer = node.random_peer();
    node.receive(peer, "inv", inventory(Inventory::wtx, {replacement.wtxid}));
    node.send(peer, "getdata", inventory(Inventory::wtx, {replacement.wtxid}));
    node.receive(peer, "tx", replacement.bytes, [&] {
        node.emit(calls::mempool_replaced(old.transaction.txid, old.transaction.vsize(), old.transaction.fee,
                                          old.entry_time_s, replacement.txid, replacement.vsize(), replacement.fee,
                                          true));
        node.remove_from_mempool(entry, "replaced");
        node.add_to_mempool(replacement);
    });
    announce(node, peer, {replacement});
}

void drop_transactions(Node& node)
{
    for (const char* reason : {"expiry", "sizelimit", "reorg", "conflict"}) {
        node.remove_from_mempool(childless(node), reason);
    }
}

void ask_for_unknown(Node& node)
{
    const Peer& peer = node.random_peer();
    const Bytes request = inventory(Inventory::witness_tx, {node.random.hash(), node.random.hash()});
    node.receive(peer, "getdata", request, [&] { node.send(peer, "notfound", request); });
}

void list_mempool(Node& node)
{
    const Peer& peer = node.random_peer();
    std::vector<Hash> txids;
    txids.reserve(node.mempool.size());
    for (const MempoolEntry& entry : node.mempool)
        txids.push_back(entry.transaction.txid);
    node.receive(peer, "mempool", {}, [&] { node.send(peer, "inv", inventory(Inventory::tx, txids)); });
}

void spend_from_wallet(Node& node)
{
    static constexpr std::array kAlgorithms{"bnb", "knapsack", "srd", "cg"};
    constexpr const char* kWallet = "wallet.dat";
    const Transaction transaction = new_transaction(node);
    std::int64_t selected = 0;
    for (const Coin& coin : transaction.inputs)
        selected += coin.value;
    const auto select = [&] {
        node.emit(calls::coin_selection_selected_coins(kWallet, node.random.pick(kAlgorithms), selected / 2,
                                                       node.random.between<std::int64_t>(-500, 4'000), selected));
    };
    select();
    const auto change = node.random.between<std::int32_t>(-1, 1);
    node.emit(calls::coin_selection_normal_create_tx_internal(kWallet, true, transaction.fee, change));
    // Core then retries with avoidance of partial spends.
    node.emit(calls::coin_selection_attempting_aps_create_tx(kWallet));
    select();
    node.emit(calls::coin_selection_aps_create_tx_internal(kWallet, node.random.chance(50), true, transaction.fee + 300,
                                                           change));
    node.add_to_mempool(transaction);
    announce(node, node.random_peer(), {transaction});
}

} // namespace peer_observer::sim_node::traffic
