#include "tests/sim_node/node.h"

#include "tests/sim_node/hashes.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace peer_observer::sim_node {
namespace {

constexpr std::size_t kRecentHeaders = 2'000;
constexpr std::size_t kRecentBlocks = 8;
constexpr std::size_t kMostCoins = 2'000;
constexpr std::int64_t kSubsidy = 312'500'000;

Hash merkle_root_of(const std::vector<Transaction>& transactions)
{
    std::vector<Hash> txids;
    txids.reserve(transactions.size());
    for (const Transaction& transaction : transactions)
        txids.push_back(transaction.txid);
    return merkle_root(std::move(txids));
}

} // namespace

Node::Node(std::uint64_t seed, std::function<void(const Call&)> sink) : random(seed), sink_(std::move(sink))
{
    tip_ = random.hash();
    for (std::size_t i = 0; i < kRecentHeaders; ++i) {
        recent_headers.push_back(
            make_header(random, tip_, random.hash(), now_s - static_cast<std::int64_t>(600 * (kRecentHeaders - i))));
        tip_ = double_sha256(recent_headers.back());
    }
}

void Node::receive(const Peer& peer, const char* type, const Bytes& payload, const std::function<void()>& effect,
                   Payload kind)
{
    const std::uint8_t* data = payload.empty() ? nullptr : payload.data();
    Call call = calls::net_inbound_message(peer.id, peer.address_text.c_str(), peer.connection_type, type,
                                           payload.size(), data);
    call.payload = kind;
    emit(call);
    if (effect) effect();
    const auto duration_ns = static_cast<std::int64_t>(2'000 + 9 * payload.size() + random.below(20'000U));
    emit(calls::net_processed_message(peer.id, peer.address_text.c_str(), peer.connection_type, type, payload.size(),
                                      duration_ns));
}

void Node::send(const Peer& peer, const char* type, const Bytes& payload) const
{
    const std::uint8_t* data = payload.empty() ? nullptr : payload.data();
    emit(calls::net_outbound_message(peer.id, peer.address_text.c_str(), peer.connection_type, type, payload.size(),
                                     data));
}

Peer& Node::connect(const char* connection_type, Network network)
{
    Peer& peer = peers.emplace_back();
    peer.id = next_peer_id_++;
    peer.address = random_address(random, network);
    peer.connection_type = connection_type;
    peer.established_s = now_s;
    // An inbound peer has any port; over Tor, it shows the address of the local Tor instead of its own.
    if (peer.inbound()) peer.address.port = random.between<std::uint16_t>(32'768, 60'999);
    const bool hidden = network == Network::onion && peer.inbound();
    peer.address_text = hidden ? "127.0.0.1:" + std::to_string(peer.address.port) : peer.address.text_with_port();
    const auto make = [&](const auto& opened) {
        emit(opened(peer.id, peer.address_text.c_str(), connection_type, peer.network(), count_peers(peer.inbound())));
    };
    if (peer.inbound()) {
        make(calls::net_inbound_connection);
    } else {
        make(calls::net_outbound_connection);
    }
    return peer;
}

void Node::close(std::int64_t peer_id)
{
    const auto peer = std::ranges::find(peers, peer_id, &Peer::id);
    emit(calls::net_closed_connection(peer->id, peer->address_text.c_str(), peer->connection_type, peer->network(),
                                      peer->established_s));
    peers.erase(peer);
}

Peer& Node::other_peer(const Peer& peer)
{
    const auto start = random.below(peers.size());
    return peers[start].id != peer.id ? peers[start] : peers[(start + 1) % peers.size()];
}

std::size_t Node::count_peers(bool inbound) const
{
    return static_cast<std::size_t>(
        std::ranges::count_if(peers, [&](const Peer& peer) { return peer.inbound() == inbound; }));
}

std::vector<Coin> Node::take_coins(std::size_t count)
{
    std::vector<Coin> taken;
    for (std::size_t i = 0; i < count; ++i) {
        if (coins_.empty() || random.chance(40)) {
            // Older than the session.
            taken.push_back({.txid = random.hash(),
                             .vout = random.below<std::uint32_t>(3),
                             .height = random.between<std::uint32_t>(200'000, height_),
                             .value = random.between<std::int64_t>(100'000, 500'000'000),
                             .coinbase = random.chance(2)});
        } else {
            std::swap(random.pick(coins_), coins_.back());
            taken.push_back(coins_.back());
            coins_.pop_back();
        }
    }
    return taken;
}

void Node::add_to_mempool(Transaction transaction)
{
    emit(calls::mempool_added(transaction.txid, transaction.vsize(), transaction.fee));
    std::erase_if(coins_, [&](const Coin& coin) {
        return std::ranges::any_of(
            transaction.inputs, [&](const Coin& input) { return input.txid == coin.txid && input.vout == coin.vout; });
    });
    for (const Coin& coin : transaction.outputs) {
        // Small change is left alone; so a transaction can always pay its fee.
        if (coin.value > 100'000 && coins_.size() < kMostCoins) coins_.push_back(coin);
    }
    mempool.push_back({std::move(transaction), static_cast<std::uint64_t>(now_s)});
}

std::vector<MempoolEntry>::iterator Node::find_childless()
{
    const auto spent_by_another = [&](const MempoolEntry& entry) {
        return std::ranges::any_of(mempool, [&](const MempoolEntry& other) {
            return std::ranges::find(other.transaction.inputs, entry.transaction.txid, &Coin::txid) !=
                   other.transaction.inputs.end();
        });
    };
    return std::ranges::find_if_not(mempool, spent_by_another);
}

void Node::remove_from_mempool(std::vector<MempoolEntry>::iterator entry, const char* reason)
{
    const Transaction& transaction = entry->transaction;
    emit(calls::mempool_removed(transaction.txid, reason, transaction.vsize(), transaction.fee, entry->entry_time_s));
    if (std::string_view(reason) != "block") {
        std::erase_if(coins_, [&](const Coin& coin) { return coin.txid == transaction.txid; });
    }
    mempool.erase(entry);
}

Block Node::mine()
{
    Block block;
    block.height = height_ + 1;
    std::int64_t fees = 0;
    for (const MempoolEntry& entry : mempool)
        fees += entry.transaction.fee;
    block.transactions.push_back(make_coinbase(random, block.height, kSubsidy + fees));
    for (const MempoolEntry& entry : mempool)
        block.transactions.push_back(entry.transaction);
    block.header = make_header(random, tip_, merkle_root_of(block.transactions), now_s);
    block.hash = double_sha256(block.header);
    return block;
}

void Node::connect_block(Block block)
{
    height_ = block.height;
    tip_ = block.hash;
    std::int32_t inputs = 0;
    for (const Transaction& transaction : block.transactions) {
        for (const Coin& coin : transaction.inputs) {
            emit(calls::utxocache_spent(coin.txid, coin.vout, coin.height, coin.value, coin.coinbase));
            ++inputs;
        }
        for (const Coin& coin : transaction.outputs) {
            // A coin of nothing is the witness commitment, which cannot be spent and is not stored.
            if (coin.value > 0) emit(calls::utxocache_add(coin.txid, coin.vout, height_, coin.value, coin.coinbase));
        }
    }
    for (Coin& coin : coins_) {
        if (coin.height == 0) coin.height = height_;
    }
    emit(calls::validation_block_connected(block.hash, static_cast<std::int32_t>(height_), block.transactions.size(),
                                           inputs, std::int64_t{4} * inputs,
                                           200'000 + std::int64_t{15'000} * inputs + random.below(90'000)));
    for (const Transaction& transaction : block.transactions) {
        const auto entry = std::ranges::find_if(
            mempool, [&](const MempoolEntry& other) { return other.transaction.txid == transaction.txid; });
        if (entry != mempool.end()) remove_from_mempool(entry, "block");
    }
    recent_headers.push_back(block.header);
    recent_headers.pop_front();
    recent_blocks.push_back(std::move(block));
    if (recent_blocks.size() > kRecentBlocks) recent_blocks.pop_front();
}

} // namespace peer_observer::sim_node
