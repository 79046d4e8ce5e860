// Who announced which block or transaction when, on each node.
#pragma once

#include "libs/events/event_view.h"
#include "libs/web/state/latest.h"
#include "libs/web/state/limits.h"
#include "libs/web/state/peer.h"
#include "proto/event.pb.h"

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::web {

/// Ordered as memcmp() does: maps of them are looked up for each announcement.
struct Hash : std::array<char, 32> {
    bool operator==(const Hash&) const = default;
    std::strong_ordering operator<=>(const Hash& other) const
    {
        return std::memcmp(data(), other.data(), size()) <=> 0;
    }
};
/// Nothing if it has another size.
std::optional<Hash> to_hash(std::string_view bytes);

enum class By : std::uint8_t { inv, headers, cmpctblock, block, tx };
const char* to_string(By by);

struct Announcement {
    PeerKey peer;
    Direction direction = Direction::inbound;
    By by = By::inv;
    std::uint64_t timestamp_ns = 0;
    EventId id;
};

/// What became of a block at a node.
struct BlockFate {
    std::uint64_t connected_ns = 0;
    std::int64_t connect_duration_ns = 0;
    std::uint64_t transaction_count = 0;
    std::optional<proto::LogReconstructed> reconstructed; ///< without its line
    std::uint64_t reconstructed_ns = 0;
    std::optional<std::uint32_t> short_id_count;
    std::optional<std::uint32_t> prefilled_count;
    std::optional<std::uint64_t> requested_count;
    PeerKey compact_peer; ///< who sent the compact block, where there is one
    EventId compact_id;
};

/// What became of a transaction at a node.
struct TransactionFate {
    std::uint64_t added_ns = 0;
    std::uint64_t rejected_ns = 0;
    std::string reject_reason;
    std::uint64_t removed_ns = 0;
    std::string remove_reason;
};

template <typename Fate>
struct AtNode {
    std::shared_ptr<const std::string> node;
    std::uint64_t first_ns = 0;
    std::vector<Announcement> announcements; ///< the first of each peer and direction
    std::uint64_t announcement_count = 0;
    Fate fate;
};

struct BlockRecord {
    std::uint64_t first_ns = 0;
    std::optional<std::int32_t> height;
    std::vector<AtNode<BlockFate>> nodes;
};

struct TransactionRecord {
    std::uint64_t first_ns = 0;
    std::optional<Hash> txid;
    std::vector<AtNode<TransactionFate>> nodes;
};

class Inventory {
public:
    /// Where an event was seen.
    struct Place {
        const std::shared_ptr<const std::string>& node;
        EventId id;
        std::uint64_t timestamp_ns = 0;
    };

    /// Takes all announcements of a message. Where the node heard of a block or transaction for the first time, the
    /// peer's count goes up.
    void message(const Place& place, Direction direction, const proto::PeerMessage& message, Peer& peer);
    void block_connected(const Place& place, const proto::BlockConnected& block);
    void reconstructed(const Place& place, const proto::LogReconstructed& line);
    void mempool(const Place& place, const proto::Mempool& event);

    /// Those that a node connected. What peers announce does not make room for itself here.
    const Latest<Hash, BlockRecord>& connected_blocks() const { return connected_; }
    /// Those that no node connected so far.
    const Latest<Hash, BlockRecord>& announced_blocks() const { return announced_; }
    const BlockRecord* block(const Hash& hash) const;
    /// By wtxid, or by txid where that is all that is known.
    const Latest<Hash, TransactionRecord>& transactions() const { return transactions_; }
    /// By either.
    const TransactionRecord* transaction(const Hash& hash, Hash& key) const;

private:
    void block(const Place& place, Direction direction, std::string_view hash, By by, Peer& peer);
    void transaction(const Place& place, Direction direction, std::string_view hash, By by, Peer& peer);
    void transaction_ids(const proto::Transaction& transaction);
    BlockRecord& block_record(const Hash& hash);
    BlockFate* block_fate(const Place& place, std::string_view hash);
    TransactionFate* transaction_fate(const Place& place, std::string_view txid);

    Latest<Hash, BlockRecord> connected_{kMaxBlocks};
    Latest<Hash, BlockRecord> announced_{kMaxBlocks};
    Latest<Hash, TransactionRecord> transactions_{kMaxTransactions};
    Latest<Hash, Hash> wtxids_{kMaxTransactions}; ///< by txid, where they differ
};

} // namespace peer_observer::web
