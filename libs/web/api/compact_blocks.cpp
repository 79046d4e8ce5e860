#include "libs/web/api/compact_blocks.h"

#include "libs/base/hex.h"
#include "libs/wire/short_ids.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

namespace peer_observer::web {
namespace {

constexpr std::size_t kMostListed = 5000;
/// Those heard of last; each costs a hash for each answer.
constexpr std::size_t kMostCandidates = 20'000;

const proto::MessagePayload& payload_of(const proto::Event& event)
{
    return event.message().has_inbound() ? event.message().inbound().payload() : event.message().outbound().payload();
}

/// What the two said about this block behind the compact block.
struct Exchange {
    proto::CompactBlock block;
    std::uint64_t timestamp_ns = 0;
    std::optional<proto::GetBlockTransactions> request;
    std::optional<proto::BlockTransactions> answer;
};

std::optional<Exchange> find_exchange(const Peer& peer, const EventId& id)
{
    std::optional<Exchange> found;
    proto::Event event;
    for (const auto& kept : peer.history.events()) {
        if (!found && kept->id != id) continue;
        if (!event.ParseFromString(kept->bytes)) continue;
        const auto& payload = payload_of(event);
        if (!found) {
            if (!payload.has_cmpctblock()) return std::nullopt;
            found = Exchange{payload.cmpctblock(), kept->timestamp_ns, {}, {}};
            continue;
        }
        const auto& hash = found->block.header().hash();
        if (payload.has_getblocktxn() && payload.getblocktxn().block_hash() == hash && !found->request)
            found->request = payload.getblocktxn();
        if (payload.has_blocktxn() && payload.blocktxn().block_hash() == hash && !found->answer)
            found->answer = payload.blocktxn();
    }
    return found;
}

using ByShortId = std::map<std::uint64_t, std::string>; ///< wtxids

/// Transactions of which this node heard before the block.
ByShortId candidates(const View& view, const Node& node, const Exchange& exchange, const wire::ShortIds& ids)
{
    ByShortId found;
    std::size_t looked_at = 0;
    const auto& known = view.state.inventory().transactions();
    for (const auto& wtxid : std::views::reverse(known.order())) {
        const auto* record = known.find(wtxid);
        if (record == nullptr || record->first_ns > exchange.timestamp_ns) continue;
        const auto is_here = [&](const auto& at) { return *at.node == *node.name(); };
        if (std::ranges::none_of(record->nodes, is_here)) continue;
        if (++looked_at > kMostCandidates) break;
        const std::string_view bytes{wtxid.data(), wtxid.size()};
        found.emplace(ids.of(bytes), bytes);
    }
    return found;
}

Json transaction_json(std::size_t index, const char* by, const std::string& wtxid)
{
    Json json = {{"index", index}, {"by", by}};
    if (!wtxid.empty()) json["wtxid"] = base::to_reversed_hex(wtxid);
    return json;
}

} // namespace

Json compact_block_json(const View& view, const Node& node, const BlockFate& fate)
{
    const auto* peer = node.find(fate.compact_peer);
    if (peer == nullptr) return nullptr;
    const auto exchange = find_exchange(*peer, fate.compact_id);
    if (!exchange || exchange->block.short_ids_size() != static_cast<int>(exchange->block.short_id_count()))
        return nullptr; // its message is not kept whole
    const wire::ShortIds ids{exchange->block.header(), exchange->block.nonce()};
    const auto known = candidates(view, node, *exchange, ids);
    ByShortId answered;
    if (exchange->answer)
        for (const auto& transaction : exchange->answer->transactions())
            answered.emplace(ids.of(transaction.wtxid()), transaction.wtxid());
    std::map<std::uint32_t, std::string> prefilled;
    for (const auto& one : exchange->block.prefilled())
        prefilled.emplace(one.index(), one.transaction().wtxid());
    std::vector<std::uint32_t> requested;
    if (exchange->request) requested.assign(exchange->request->indexes().begin(), exchange->request->indexes().end());
    std::ranges::sort(requested);

    std::map<std::string_view, std::size_t> counts;
    Json list = Json::array();
    const auto add = [&](std::size_t index, const char* by, const std::string& wtxid, std::uint64_t short_id) {
        ++counts[by];
        if (list.size() >= kMostListed) return;
        list.push_back(transaction_json(index, by, wtxid));
        if (by != std::string_view{"prefilled"}) list.back()["short_id"] = fmt::format("{:012x}", short_id);
    };
    std::size_t next_id = 0;
    const auto size = static_cast<std::size_t>(exchange->block.short_ids_size()) + prefilled.size();
    for (std::size_t index = 0; index < size; ++index) {
        const auto position = static_cast<std::uint32_t>(index);
        if (const auto found = prefilled.find(position); found != prefilled.end()) {
            add(index, "prefilled", found->second, 0);
            continue;
        }
        if (next_id == static_cast<std::size_t>(exchange->block.short_ids_size())) break; // positions that cannot be
        const auto short_id = exchange->block.short_ids(static_cast<int>(next_id++));
        if (const auto found = answered.find(short_id); found != answered.end())
            add(index, "blocktxn", found->second, short_id);
        else if (std::ranges::binary_search(requested, position))
            add(index, "requested", {}, short_id);
        else if (const auto heard = known.find(short_id); heard != known.end())
            add(index, "known", heard->second, short_id);
        else
            add(index, "unknown", {}, short_id);
    }
    return {{"id", to_string(fate.compact_id)},        {"peer_id", peer->key.peer_id},
            {"process", to_string(peer->key.process)}, {"address", peer->address},
            {"prefilled_count", counts["prefilled"]},  {"blocktxn_count", counts["blocktxn"]},
            {"requested_count", counts["requested"]},  {"known_count", counts["known"]},
            {"unknown_count", counts["unknown"]},      {"transactions", std::move(list)}};
}

} // namespace peer_observer::web
