// Every metric of this tool, in one table: the code takes names and labels from it, docs/metrics.md is checked against
// it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace peer_observer::metrics {

enum class Metric : std::uint8_t {
    runtime_start_timestamp,
    p2p_message_count,
    p2p_message_bytes,
    p2p_message_bytes_linkinglion,
    p2p_message_count_linkinglion,
    p2p_addr_addresses,
    p2p_addr_timestamp_offset_seconds,
    p2p_addr_services_bits,
    p2p_addrv2_services_bits,
    p2p_addr_services,
    p2p_addrv2_services,
    p2p_addrv2_addresses,
    p2p_addrv2_timestamp_offset_seconds,
    p2p_address_selfannouncements,
    p2p_address_subnetannouncements,
    p2p_ping_inbound_value,
    p2p_addrv2_empty,
    conn_inbound,
    conn_inbound_network,
    conn_inbound_banlist_monero,
    conn_inbound_banlist_gmax,
    conn_inbound_list_linkinglion,
    conn_inbound_tor_exit,
    conn_inbound_current,
    conn_outbound,
    conn_outbound_current,
    conn_outbound_network,
    conn_closed_network,
    conn_closed,
    conn_closed_age,
    conn_evicted_inbound,
    conn_misbehaving,
    conn_misbehaving_reason,
    conn_private_transaction_broadcast,
    p2p_inv_entries,
    p2p_inv_entries_histogram,
    p2p_invs_homogeneous,
    p2p_invs_heterogeneous,
    p2p_invs_outbound_large,
    p2p_oldping_subnet,
    p2p_version_useragent,
    p2p_feefilter_feerate,
    p2p_reject_message,
    mempool_added,
    mempool_added_vbytes,
    mempool_replaced,
    mempool_replaced_vbytes,
    mempool_rejected,
    mempool_removed,
    validation_block_connected_latest_height,
    validation_block_connected_latest_connection_time,
    validation_block_connected_latest_sigops,
    validation_block_connected_latest_inputs,
    validation_block_connected_latest_transactions,
    validation_block_connected_connection_time,
    // From here on: metrics that no other tool had before. Names as promtool wants them.
    conn_inbound_listed_total,
    p2p_message_undecodable_total,
    p2p_messages_processed_total,
    p2p_message_processing_seconds_total,
    addrman_attempts_total,
    orphans_added_total,
    orphans_removed_total,
    orphans,
    orphans_weight,
    events_total,
    events_lost_total,
    sequence_gaps_total,
    unparsable_events_total,
    unknown_events_total,
    event_latency_seconds,
    last_event_age_seconds,
    publishers_up,
    label_values_folded_total,
    configured_sources,
    ip_list_entries,
    ip_list_bad_lines,
    ip_list_reloads_total,
    count_,
};

/// The first metric that is not one of those that existing dashboards query.
inline constexpr Metric kFirstNewMetric = Metric::conn_inbound_listed_total;

enum class Type : std::uint8_t { counter, gauge, histogram };

struct Label {
    std::string_view name;
    /// Peers choose its values: only so many of them are kept (see bounded_counters.h).
    bool bounded = false;
};

struct Definition {
    Metric metric;
    std::string_view name;
    Type type;
    /// Whether there is one of each node, which the label `host` names.
    bool by_host;
    /// Besides `host`. Unused ones have no name.
    std::array<Label, 3> labels;
    std::string_view help;
    std::span<const double> buckets;
};

/// All of them, in the order of the enum.
std::span<const Definition> definitions();

const Definition& definition(Metric metric);

/// As docs/metrics.md has it: Markdown rows of name, type, labels and meaning. `first` to before `last`.
std::string markdown_table(Metric first, Metric last);

} // namespace peer_observer::metrics
