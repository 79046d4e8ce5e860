#include "libs/base/hex.h"
#include "libs/web/api/answers.h"
#include "libs/web/api/compact_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <string_view>

namespace peer_observer::web {
namespace {

constexpr std::size_t kMostBlocks = 100;

std::string hash_text(const Hash& hash) { return base::to_reversed_hex(std::string_view{hash.data(), hash.size()}); }

Hash hash_of(const std::string& text)
{
    auto bytes = base::from_hex(text);
    if (!bytes || bytes->size() != Hash{}.size())
        throw ApiError{400, fmt::format("'{}' is not a hash: 64 hex digits", text)};
    std::ranges::reverse(*bytes);
    return *to_hash(*bytes);
}

Json announcement_json(const View& view, const std::string& node_name, const Announcement& announcement,
                       std::uint64_t first_ns)
{
    Json json = {{"peer_id", announcement.peer.peer_id}, {"process", to_string(announcement.peer.process)}};
    if (const auto* node = view.state.find(node_name))
        if (const auto* peer = node->find(announcement.peer)) json["address"] = peer->address;
    json["direction"] = announcement.direction == Direction::inbound ? "inbound" : "outbound";
    json["by"] = to_string(announcement.by);
    json["timestamp_ns"] = announcement.timestamp_ns;
    json["delta_ns"] = static_cast<std::int64_t>(announcement.timestamp_ns) - static_cast<std::int64_t>(first_ns);
    json["id"] = to_string(announcement.id);
    return json;
}

Json reconstruction_json(const BlockFate& fate)
{
    Json json = Json::object();
    if (fate.reconstructed) {
        const auto& line = *fate.reconstructed;
        json = {{"timestamp_ns", fate.reconstructed_ns},
                {"prefilled_count", line.prefilled_count()},
                {"mempool_count", line.mempool_count()},
                {"extra_pool_count", line.extra_pool_count()},
                {"requested_count", line.requested_count()}};
        if (line.has_requested_bytes()) json["requested_bytes"] = line.requested_bytes();
        return json;
    }
    json = {{"short_id_count", *fate.short_id_count}, {"prefilled_count", fate.prefilled_count.value_or(0)}};
    json["requested_count"] = fate.requested_count.value_or(0);
    return json;
}

void add_fate(Json& json, const BlockFate& fate)
{
    if (fate.connected_ns > 0) json["connected_ns"] = fate.connected_ns;
    if (fate.connected_ns > 0) {
        json["connect_duration_ns"] = fate.connect_duration_ns;
        json["transaction_count"] = fate.transaction_count;
    }
    if (fate.reconstructed || fate.short_id_count) json["reconstruction"] = reconstruction_json(fate);
}

void add_fate(Json& json, const TransactionFate& fate)
{
    if (fate.added_ns > 0) json["mempool_added_ns"] = fate.added_ns;
    if (fate.rejected_ns > 0) {
        json["mempool_rejected_ns"] = fate.rejected_ns;
        json["reject_reason"] = fate.reject_reason;
    }
    if (fate.removed_ns > 0) {
        json["mempool_removed_ns"] = fate.removed_ns;
        json["remove_reason"] = fate.remove_reason;
    }
}

void add_compact_block(Json& json, const View& view, const std::string& node_name, const BlockFate& fate)
{
    const auto* node = view.state.find(node_name);
    if (node == nullptr || !fate.short_id_count) return;
    if (auto compact = compact_block_json(view, *node, fate); !compact.is_null())
        json["compact_block"] = std::move(compact);
}

void add_compact_block(Json&, const View&, const std::string&, const TransactionFate&) {}

template <typename Record>
Json nodes_json(const View& view, const Record& record)
{
    Json list = Json::array();
    for (const auto& at : record.nodes) {
        Json json = {{"node", *at.node}};
        if (at.first_ns > 0) {
            json["first_ns"] = at.first_ns;
            json["delta_ns"] = at.first_ns - std::min(record.first_ns, at.first_ns);
        }
        add_fate(json, at.fate);
        add_compact_block(json, view, *at.node, at.fate);
        json["announcement_count"] = at.announcement_count;
        json["announcements"] = Json::array();
        // What no peer announced to the node, the node itself announced first.
        const auto first_ns =
            at.first_ns == 0 && !at.announcements.empty() ? at.announcements.front().timestamp_ns : at.first_ns;
        for (const auto& announcement : at.announcements)
            json["announcements"].push_back(announcement_json(view, *at.node, announcement, first_ns));
        list.push_back(std::move(json));
    }
    return list;
}

/// Those where it is part of the chain. Anybody can announce a hash of their own, and must not find it here.
Json public_nodes_json(const View& view, const BlockRecord& record)
{
    Json list = Json::array();
    for (const auto& at : record.nodes)
        if (at.fate.connected_ns > 0)
            list.push_back({{"node", *at.node}, {"connected_ns", view.told(at.fate.connected_ns)}});
    return list;
}

std::uint64_t announcer_count(const BlockRecord& record)
{
    std::uint64_t count = 0;
    for (const auto& at : record.nodes)
        count += at.announcement_count;
    return count;
}

} // namespace

Json blocks(const View& view)
{
    Json list = Json::array();
    const auto add = [&](const Latest<Hash, BlockRecord>& blocks, bool is_connected) {
        for (const auto& hash : std::views::reverse(blocks.order()) | std::views::take(kMostBlocks)) {
            const auto& record = *blocks.find(hash);
            Json json = {{"hash", hash_text(hash)}};
            if (record.height) json["height"] = *record.height;
            if (!view.is_public()) {
                json["first_ns"] = record.first_ns;
                json["is_connected"] = is_connected;
                json["node_count"] = record.nodes.size();
                json["announcer_count"] = announcer_count(record);
            }
            list.push_back(std::move(json));
        }
    };
    add(view.state.inventory().connected_blocks(), true);
    if (!view.is_public()) add(view.state.inventory().announced_blocks(), false);
    return {{"blocks", std::move(list)}};
}

Json block(const View& view, const std::string& text)
{
    const auto* record = view.state.inventory().block(hash_of(text));
    const auto known = record != nullptr && view.is_public() ? public_nodes_json(view, *record) : Json::array();
    if (record == nullptr || (view.is_public() && known.empty()))
        throw ApiError{404, fmt::format("block {} is not known, or no longer", text)};
    Json json = {{"hash", text}};
    if (record->height) json["height"] = *record->height;
    if (view.is_public()) {
        json["nodes"] = known;
        return json;
    }
    json["first_ns"] = record->first_ns;
    json["nodes"] = nodes_json(view, *record);
    return json;
}

Json transaction(const View& view, const std::string& text)
{
    Hash key;
    const auto* record = view.state.inventory().transaction(hash_of(text), key);
    if (record == nullptr) throw ApiError{404, fmt::format("transaction {} is not known, or no longer", text)};
    Json json = {{"hash", text}};
    if (record->txid) json["txid"] = hash_text(*record->txid);
    // Without the transaction itself nobody knows which of the two the key is.
    if (record->txid && *record->txid != key) json["wtxid"] = hash_text(key);
    json["first_ns"] = record->first_ns;
    json["nodes"] = nodes_json(view, *record);
    return json;
}

} // namespace peer_observer::web
