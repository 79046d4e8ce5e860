#include "libs/web/state/inventory.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace peer_observer::web {
namespace {

constexpr std::size_t kMostReasonBytes = 200;

template <typename Record>
auto* at_node(Record& record, const Inventory::Place& place)
{
    if (record.first_ns == 0) record.first_ns = place.timestamp_ns;
    record.first_ns = std::min(record.first_ns, place.timestamp_ns);
    for (auto& known : record.nodes)
        if (*known.node == *place.node) return &known;
    if (record.nodes.size() == kNodesOfInventory) return static_cast<decltype(record.nodes.data())>(nullptr);
    record.nodes.emplace_back();
    record.nodes.back().node = place.node;
    return &record.nodes.back();
}

/// Whether it is the first word of this at the node.
template <typename Node>
bool announce(Node& node, const Announcement& announcement, std::size_t limit)
{
    if (announcement.direction == Direction::inbound && node.first_ns == 0) node.first_ns = announcement.timestamp_ns;
    const auto same = [&](const Announcement& known) {
        return known.peer == announcement.peer && known.direction == announcement.direction;
    };
    if (std::ranges::any_of(node.announcements, same)) return false;
    ++node.announcement_count;
    if (node.announcements.size() < limit) node.announcements.push_back(announcement);
    return node.announcement_count == 1 && announcement.direction == Direction::inbound;
}

/// What `theirs` knows and `mine` does not.
void join(TransactionFate& mine, TransactionFate& theirs)
{
    if (mine.added_ns == 0) mine.added_ns = theirs.added_ns;
    if (mine.rejected_ns == 0) {
        mine.rejected_ns = theirs.rejected_ns;
        mine.reject_reason = std::move(theirs.reject_reason);
    }
    if (mine.removed_ns == 0) {
        mine.removed_ns = theirs.removed_ns;
        mine.remove_reason = std::move(theirs.remove_reason);
    }
}

bool is_block(int type)
{
    using Item = proto::InventoryItem;
    return type == Item::BLOCK || type == Item::CMPCT_BLOCK || type == Item::WITNESS_BLOCK ||
           type == Item::FILTERED_BLOCK || type == Item::WITNESS_FILTERED_BLOCK;
}

} // namespace

std::optional<Hash> to_hash(std::string_view bytes)
{
    Hash hash;
    if (bytes.size() != hash.size()) return std::nullopt;
    std::ranges::copy(bytes, hash.begin());
    return hash;
}

const char* to_string(By by)
{
    static constexpr std::array kNames = {"inv", "headers", "cmpctblock", "block", "tx"};
    return kNames[static_cast<std::size_t>(by)];
}

void Inventory::message(const Place& place, Direction direction, const proto::PeerMessage& message, Peer& peer)
{
    const auto& payload = message.payload();
    switch (payload.payload_case()) {
    case proto::MessagePayload::kInv:
        for (const auto& item : payload.inv().items()) {
            if (is_block(item.type()))
                block(place, direction, item.hash(), By::inv, peer);
            else
                transaction(place, direction, item.hash(), By::inv, peer);
        }
        break;
    case proto::MessagePayload::kHeaders:
        // More are history that was asked for, not an announcement (MAX_BLOCKS_TO_ANNOUNCE, net_processing.cpp).
        if (payload.headers().headers_size() <= 8)
            for (const auto& header : payload.headers().headers())
                block(place, direction, header.hash(), By::headers, peer);
        break;
    case proto::MessagePayload::kCmpctblock: {
        const auto& compact = payload.cmpctblock();
        block(place, direction, compact.header().hash(), By::cmpctblock, peer);
        if (direction == Direction::outbound) break;
        if (auto* fate = block_fate(place, compact.header().hash()); fate != nullptr && !fate->short_id_count) {
            fate->short_id_count = compact.short_id_count();
            fate->prefilled_count = compact.prefilled_count();
            fate->compact_peer = peer.key;
            fate->compact_id = place.id;
        }
        break;
    }
    case proto::MessagePayload::kGetblocktxn:
        if (direction == Direction::outbound)
            if (auto* fate = block_fate(place, payload.getblocktxn().block_hash()))
                fate->requested_count = static_cast<std::uint64_t>(payload.getblocktxn().indexes_size());
        break;
    case proto::MessagePayload::kBlock:
        if (direction == Direction::inbound) block(place, direction, payload.block().header().hash(), By::block, peer);
        break;
    case proto::MessagePayload::kTx:
        transaction_ids(payload.tx());
        transaction(place, direction, payload.tx().wtxid(), By::tx, peer);
        break;
    default:
        break;
    }
}

void Inventory::block(const Place& place, Direction direction, std::string_view hash, By by, Peer& peer)
{
    const auto key = to_hash(hash);
    if (!key) return;
    auto* node = at_node(block_record(*key), place);
    if (node == nullptr) return;
    if (announce(*node, {peer.key, direction, by, place.timestamp_ns, place.id}, kBlockAnnouncements))
        ++peer.first_blocks;
}

void Inventory::transaction(const Place& place, Direction direction, std::string_view hash, By by, Peer& peer)
{
    auto key = to_hash(hash);
    if (!key) return;
    if (const auto* wtxid = wtxids_.find(*key)) key = *wtxid;
    auto* node = at_node(transactions_.at(*key).first, place);
    if (node == nullptr) return;
    if (announce(*node, {peer.key, direction, by, place.timestamp_ns, place.id}, kTransactionAnnouncements))
        ++peer.first_transactions;
}

void Inventory::transaction_ids(const proto::Transaction& transaction)
{
    const auto txid = to_hash(transaction.txid());
    const auto wtxid = to_hash(transaction.wtxid());
    if (!txid || !wtxid) return;
    if (*txid != *wtxid) wtxids_.at(*txid).first = *wtxid;
    const auto* by_txid = *txid == *wtxid ? nullptr : transactions_.find(*txid);
    const bool has_announcements = by_txid != nullptr && !by_txid->nodes.empty();
    auto [record, is_new] = transactions_.at(*wtxid);
    record.txid = txid;
    // Announced by txid before the wtxid was known: that is the older record, which may have been forgotten just now.
    auto* older = has_announcements ? transactions_.find(*txid) : nullptr;
    if (older == nullptr) return;
    if (is_new) {
        record.first_ns = older->first_ns;
        record.nodes = std::move(older->nodes);
    } else {
        record.first_ns = std::min(record.first_ns, older->first_ns);
        for (auto& theirs : older->nodes) {
            const auto mine =
                std::ranges::find_if(record.nodes, [&](const auto& node) { return *node.node == *theirs.node; });
            if (mine == record.nodes.end()) {
                record.nodes.push_back(std::move(theirs));
                continue;
            }
            if (mine->first_ns == 0 || (theirs.first_ns != 0 && theirs.first_ns < mine->first_ns))
                mine->first_ns = theirs.first_ns;
            join(mine->fate, theirs.fate);
            for (const auto& announcement : theirs.announcements)
                announce(*mine, announcement, kTransactionAnnouncements);
            std::ranges::stable_sort(mine->announcements, {}, &Announcement::timestamp_ns);
        }
    }
    older->nodes.clear();
}

BlockRecord& Inventory::block_record(const Hash& hash)
{
    auto* known = connected_.find(hash);
    return known == nullptr ? announced_.at(hash).first : *known;
}

const BlockRecord* Inventory::block(const Hash& hash) const
{
    const auto* known = connected_.find(hash);
    return known == nullptr ? announced_.find(hash) : known;
}

BlockFate* Inventory::block_fate(const Place& place, std::string_view hash)
{
    const auto key = to_hash(hash);
    if (!key) return nullptr;
    auto* node = at_node(block_record(*key), place);
    return node == nullptr ? nullptr : &node->fate;
}

TransactionFate* Inventory::transaction_fate(const Place& place, std::string_view txid)
{
    auto key = to_hash(txid);
    if (!key) return nullptr;
    const auto plain = key;
    if (const auto* wtxid = wtxids_.find(*key)) key = *wtxid;
    auto& record = transactions_.at(*key).first;
    record.txid = plain;
    auto* node = at_node(record, place);
    return node == nullptr ? nullptr : &node->fate;
}

void Inventory::block_connected(const Place& place, const proto::BlockConnected& block)
{
    const auto key = to_hash(block.hash());
    if (!key) return;
    auto [record, is_new] = connected_.at(*key);
    if (is_new) record = announced_.take(*key);
    record.height = block.height();
    auto* node = at_node(record, place);
    if (node == nullptr) return;
    node->fate.connected_ns = place.timestamp_ns;
    node->fate.connect_duration_ns = block.duration_ns();
    node->fate.transaction_count = block.transaction_count();
}

void Inventory::reconstructed(const Place& place, const proto::LogReconstructed& line)
{
    auto* fate = block_fate(place, line.hash());
    if (fate == nullptr) return;
    fate->reconstructed = line;
    fate->reconstructed->clear_line();
    fate->reconstructed_ns = place.timestamp_ns;
}

void Inventory::mempool(const Place& place, const proto::Mempool& event)
{
    if (event.has_added()) {
        if (auto* fate = transaction_fate(place, event.added().txid())) fate->added_ns = place.timestamp_ns;
    } else if (event.has_removed()) {
        if (auto* fate = transaction_fate(place, event.removed().txid())) {
            fate->removed_ns = place.timestamp_ns;
            fate->remove_reason = event.removed().reason().substr(0, kMostReasonBytes);
        }
    } else if (event.has_replaced()) {
        if (auto* fate = transaction_fate(place, event.replaced().replaced_txid())) {
            fate->removed_ns = place.timestamp_ns;
            fate->remove_reason = "replaced";
        }
    } else if (event.has_rejected()) {
        if (auto* fate = transaction_fate(place, event.rejected().txid())) {
            fate->rejected_ns = place.timestamp_ns;
            fate->reject_reason = event.rejected().reason().substr(0, kMostReasonBytes);
        }
    }
}

const TransactionRecord* Inventory::transaction(const Hash& hash, Hash& key) const
{
    const auto* wtxid = wtxids_.find(hash);
    key = wtxid == nullptr ? hash : *wtxid;
    return transactions_.find(key);
}

} // namespace peer_observer::web
