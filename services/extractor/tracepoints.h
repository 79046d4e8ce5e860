// The table of Bitcoin Core's tracepoints: one row a tracepoint, two lines a row. scripts/check-tracepoints reads the
// first lines by their form.
#pragma once

#include "bpf/events.h"
#include "proto/event.pb.h"
#include "services/extractor/converters.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace peer_observer::extractor {

/// What is switched on and off together.
enum class Group : std::uint8_t {
    message,
    connection,
    mempool,
    validation,
    utxocache_flush,
    utxocache_coin,
    coin_selection,
    addrman,
    orphan,
    processed,
};

/// Which builds of Bitcoin Core have a tracepoint.
enum class Origin : std::uint8_t {
    core,   ///< every build with tracepoints
    wallet, ///< builds with the wallet
    patch,  ///< builds with patches/bitcoin-core
};

/// How a record becomes an event: the arm of Event, the arm of the context's message in it, and the function that
/// writes its fields.
struct Conversion {
    int context_field;
    int event_field;
    std::size_t record_bytes; ///< the least that a record of this kind has
    void (*convert)(const record_header& record, RecordWriter& out, ConvertContext& context);
};

template <typename Record>
using Converter = void (*)(const Record&, RecordWriter&, ConvertContext&);

template <auto Convert, typename Record>
consteval Conversion make_conversion(int context_field, int event_field, Converter<Record>)
{
    return {context_field, event_field, sizeof(Record),
            [](const record_header& record, RecordWriter& out, ConvertContext& context) {
                Convert(reinterpret_cast<const Record&>(record), out, context);
            }};
}

template <auto Convert>
consteval Conversion by(int context_field, int event_field)
{
    return make_conversion<Convert>(context_field, event_field, Convert);
}

struct Tracepoint {
    tracepoint_id id; ///< what the kernel side writes into its records
    std::string_view provider;
    std::string_view name;
    Group group;
    Origin origin;
    /// The sizes of the arguments in bytes, in order, separated by one space, as in the ELF note: negative means
    /// signed, 1 is a bool, 8 is an unsigned number or a pointer (to a C string, to a hash's 32 bytes, to a payload).
    std::string_view arguments;
    Conversion conversion;

    std::string full_name() const { return std::string{provider} + ":" + std::string{name}; }
    /// The function in bpf/.
    std::string program() const { return std::string{provider} + "_" + std::string{name}; }
    std::size_t argument_count() const { return static_cast<std::size_t>(std::ranges::count(arguments, ' ')) + 1; }
};

// clang-format off
inline constexpr std::array kTracepoints = std::to_array<Tracepoint>({
    {NET_INBOUND_MESSAGE, "net", "inbound_message", Group::message, Origin::core, "-8 8 8 8 8 8",
     by<convert_message>(proto::Event::kMessageFieldNumber, proto::Message::kInboundFieldNumber)},
    {NET_OUTBOUND_MESSAGE, "net", "outbound_message", Group::message, Origin::core, "-8 8 8 8 8 8",
     by<convert_message>(proto::Event::kMessageFieldNumber, proto::Message::kOutboundFieldNumber)},
    {NET_INBOUND_CONNECTION, "net", "inbound_connection", Group::connection, Origin::core, "-8 8 8 4 8",
     by<convert_opened_connection>(proto::Event::kConnectionFieldNumber, proto::Connection::kInboundFieldNumber)},
    {NET_OUTBOUND_CONNECTION, "net", "outbound_connection", Group::connection, Origin::core, "-8 8 8 4 8",
     by<convert_opened_connection>(proto::Event::kConnectionFieldNumber, proto::Connection::kOutboundFieldNumber)},
    {NET_EVICTED_INBOUND_CONNECTION, "net", "evicted_inbound_connection", Group::connection, Origin::core, "-8 8 8 4 -8",
     by<convert_ended_connection>(proto::Event::kConnectionFieldNumber, proto::Connection::kEvictedFieldNumber)},
    {NET_MISBEHAVING_CONNECTION, "net", "misbehaving_connection", Group::connection, Origin::core, "-8 8",
     by<convert_misbehaving_connection>(proto::Event::kConnectionFieldNumber, proto::Connection::kMisbehavingFieldNumber)},
    {NET_CLOSED_CONNECTION, "net", "closed_connection", Group::connection, Origin::core, "-8 8 8 4 -8",
     by<convert_ended_connection>(proto::Event::kConnectionFieldNumber, proto::Connection::kClosedFieldNumber)},
    {VALIDATION_BLOCK_CONNECTED, "validation", "block_connected", Group::validation, Origin::core, "8 -4 8 -4 -8 -8",
     by<convert_block_connected>(proto::Event::kValidationFieldNumber, proto::Validation::kBlockConnectedFieldNumber)},
    {UTXOCACHE_FLUSH, "utxocache", "flush", Group::utxocache_flush, Origin::core, "-8 4 8 8 1",
     by<convert_utxocache_flush>(proto::Event::kUtxocacheFieldNumber, proto::UtxoCache::kFlushFieldNumber)},
    {UTXOCACHE_ADD, "utxocache", "add", Group::utxocache_coin, Origin::core, "8 4 4 -8 1",
     by<convert_utxocache_coin>(proto::Event::kUtxocacheFieldNumber, proto::UtxoCache::kAddFieldNumber)},
    {UTXOCACHE_SPENT, "utxocache", "spent", Group::utxocache_coin, Origin::core, "8 4 4 -8 1",
     by<convert_utxocache_coin>(proto::Event::kUtxocacheFieldNumber, proto::UtxoCache::kSpentFieldNumber)},
    {UTXOCACHE_UNCACHE, "utxocache", "uncache", Group::utxocache_coin, Origin::core, "8 4 4 -8 1",
     by<convert_utxocache_coin>(proto::Event::kUtxocacheFieldNumber, proto::UtxoCache::kUncacheFieldNumber)},
    {COIN_SELECTION_SELECTED_COINS, "coin_selection", "selected_coins", Group::coin_selection, Origin::wallet, "8 8 -8 -8 -8",
     by<convert_selected_coins>(proto::Event::kCoinSelectionFieldNumber, proto::CoinSelection::kSelectedCoinsFieldNumber)},
    {COIN_SELECTION_NORMAL_CREATE_TX_INTERNAL, "coin_selection", "normal_create_tx_internal", Group::coin_selection, Origin::wallet, "8 1 -8 -4",
     by<convert_normal_create_tx>(proto::Event::kCoinSelectionFieldNumber, proto::CoinSelection::kNormalCreateTxFieldNumber)},
    {COIN_SELECTION_ATTEMPTING_APS_CREATE_TX, "coin_selection", "attempting_aps_create_tx", Group::coin_selection, Origin::wallet, "8",
     by<convert_attempting_aps_create_tx>(proto::Event::kCoinSelectionFieldNumber, proto::CoinSelection::kAttemptingApsCreateTxFieldNumber)},
    {COIN_SELECTION_APS_CREATE_TX_INTERNAL, "coin_selection", "aps_create_tx_internal", Group::coin_selection, Origin::wallet, "8 1 1 -8 -4",
     by<convert_aps_create_tx>(proto::Event::kCoinSelectionFieldNumber, proto::CoinSelection::kApsCreateTxFieldNumber)},
    {MEMPOOL_ADDED, "mempool", "added", Group::mempool, Origin::core, "8 -4 -8",
     by<convert_mempool_added>(proto::Event::kMempoolFieldNumber, proto::Mempool::kAddedFieldNumber)},
    {MEMPOOL_REMOVED, "mempool", "removed", Group::mempool, Origin::core, "8 8 -4 -8 8",
     by<convert_mempool_removed>(proto::Event::kMempoolFieldNumber, proto::Mempool::kRemovedFieldNumber)},
    {MEMPOOL_REPLACED, "mempool", "replaced", Group::mempool, Origin::core, "8 -4 -8 8 8 -4 -8 1",
     by<convert_mempool_replaced>(proto::Event::kMempoolFieldNumber, proto::Mempool::kReplacedFieldNumber)},
    {MEMPOOL_REJECTED, "mempool", "rejected", Group::mempool, Origin::core, "8 8",
     by<convert_mempool_rejected>(proto::Event::kMempoolFieldNumber, proto::Mempool::kRejectedFieldNumber)},
    {ADDRMAN_ATTEMPT_ADD, "addrman", "attempt_add", Group::addrman, Origin::patch, "1 -4 -4 8 4 8 4",
     by<convert_addrman_attempt_add>(proto::Event::kAddrmanFieldNumber, proto::AddrMan::kAttemptAddFieldNumber)},
    {ADDRMAN_MOVE_TO_GOOD, "addrman", "move_to_good", Group::addrman, Origin::patch, "-4 -4 8 4 8 4",
     by<convert_addrman_move_to_good>(proto::Event::kAddrmanFieldNumber, proto::AddrMan::kMoveToGoodFieldNumber)},
    {ORPHAN_ADD, "orphan", "add", Group::orphan, Origin::patch, "8 8 -8 -8 8 -8",
     by<convert_orphan>(proto::Event::kOrphanFieldNumber, proto::Orphan::kAddFieldNumber)},
    {ORPHAN_REMOVED, "orphan", "removed", Group::orphan, Origin::patch, "8 8 -8 -8 8 -8",
     by<convert_orphan>(proto::Event::kOrphanFieldNumber, proto::Orphan::kRemovedFieldNumber)},
    {NET_PROCESSED_MESSAGE, "net", "processed_message", Group::processed, Origin::patch, "-8 8 8 8 8 -8",
     by<convert_processed_message>(proto::Event::kMessageFieldNumber, proto::Message::kProcessedFieldNumber)},
});
// clang-format on

static_assert(kTracepoints.size() == TRACEPOINT_COUNT, "a row for each tracepoint_id");
static_assert(
    [] {
        for (std::size_t i = 0; i < kTracepoints.size(); ++i)
            if (kTracepoints[i].id != i) return false;
        return true;
    }(),
    "rows are in the order of tracepoint_id");
static_assert(
    [] {
        for (std::size_t i = 0; i < kTracepoints.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                if (kTracepoints[i].provider == kTracepoints[j].provider &&
                    kTracepoints[i].name == kTracepoints[j].name)
                    return false;
            }
        }
        return true;
    }(),
    "a tracepoint has one row");

/// Bit i: row i of kTracepoints.
using TracepointSet = std::bitset<kTracepoints.size()>;

/// All but utxocache:add, spent, uncache and coin_selection:*, which are high-volume or irrelevant to peer monitoring.
TracepointSet default_tracepoints();

/// Switches on and then off. A name is a group's or `provider:name`. Throws app::UsageError that names an unknown one
/// and lists the known.
TracepointSet select_tracepoints(const std::vector<std::string>& enable, const std::vector<std::string>& disable);

std::string_view group_name(Group group);

} // namespace peer_observer::extractor
