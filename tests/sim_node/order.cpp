#include "tests/sim_node/modes.h"

#include <stdexcept>
#include <vector>

namespace peer_observer::sim_node {
namespace {

struct Carrier {
    Probe probe;
    std::size_t argument; ///< counted from 1: where the number is
    bool by_default;      ///< whether an extractor attaches the tracepoint unasked
};

constexpr Carrier kCarriers[]{
    {Probe::net_inbound_message, 1, true},
    {Probe::mempool_added, 3, true},
    {Probe::net_outbound_message, 1, true},
    {Probe::net_inbound_connection, 1, true},
    {Probe::mempool_removed, 4, true},
    {Probe::net_outbound_connection, 1, true},
    {Probe::validation_block_connected, 2, true},
    {Probe::net_misbehaving_connection, 1, true},
    {Probe::mempool_replaced, 3, true},
    {Probe::net_closed_connection, 1, true},
    {Probe::utxocache_flush, 3, true},
    {Probe::net_evicted_inbound_connection, 1, true},
    {Probe::utxocache_add, 4, false},
    {Probe::utxocache_spent, 4, false},
    {Probe::utxocache_uncache, 4, false},
    {Probe::coin_selection_selected_coins, 3, false},
    {Probe::coin_selection_normal_create_tx_internal, 3, false},
    {Probe::coin_selection_aps_create_tx_internal, 4, false},
    {Probe::addrman_attempt_add, 2, true},
    {Probe::addrman_move_to_good, 1, true},
    {Probe::orphan_add, 4, true},
    {Probe::orphan_removed, 4, true},
    {Probe::net_processed_message, 1, true},
};

constexpr Hash kHash{1, 2, 3};

/// A call with something valid in every argument. As a message type, the text is one without a payload.
Call blank_call(Probe probe)
{
    Call call{.probe = probe};
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
        const Kind kind = call.info().kinds[i];
        if (kind == Kind::text) call.arguments[i].text = "verack";
        if (kind == Kind::hash) call.arguments[i].hash = kHash.data();
    }
    return call;
}

} // namespace

std::bitset<kProbeCount> default_order_probes()
{
    std::bitset<kProbeCount> result;
    for (const Carrier& carrier : kCarriers)
        result.set(static_cast<std::size_t>(carrier.probe), carrier.by_default);
    return result;
}

void play_order(Player& player, const std::bitset<kProbeCount>& only)
{
    struct Numbered {
        Call call;
        std::size_t index;
    };
    std::vector<Numbered> calls;
    for (const Carrier& carrier : kCarriers) {
        if (only.test(static_cast<std::size_t>(carrier.probe))) {
            calls.push_back({blank_call(carrier.probe), carrier.argument - 1});
        }
    }
    if (calls.empty()) throw std::runtime_error{"none of these probes has an argument for a number"};
    for (std::uint64_t number = 0; !player.done(); ++number) {
        auto& [call, index] = calls[number % calls.size()];
        const Kind kind = call.info().kinds[index];
        const bool narrow = kind == Kind::i32 || kind == Kind::u32;
        call.arguments[index] = narrow ? Value{.u32 = static_cast<std::uint32_t>(number)} : Value{.u64 = number};
        player.play(call);
    }
}

} // namespace peer_observer::sim_node
