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
    // From answers to RPC calls.
    rpc_peer_info_list_peers_gmax_ban,
    rpc_peer_info_list_peers_monero_ban,
    rpc_peer_info_list_peers_tor_exit,
    rpc_peer_info_list_peers_linkinglion,
    rpc_peer_info_list_peers_linkinglion_pre2026,
    rpc_peer_info_list_peers_bitprojects,
    rpc_peer_info_addr_ratelimited_peers,
    rpc_peer_info_addr_ratelimited_total,
    rpc_peer_info_addr_processed_total,
    rpc_peer_info_timeoffset_plus10s,
    rpc_peer_info_timeoffset_minus10s,
    rpc_peer_info_bip152_highbandwidth_to,
    rpc_peer_info_bip152_highbandwidth_from,
    rpc_peer_info_num_peers,
    rpc_peer_info_addr_relay_enabled_peers,
    rpc_peer_info_inflight_block_peers,
    rpc_peer_info_inflight_distinct_blocks_heights,
    rpc_peer_info_ping_wait_larger_5_seconds_block_peers,
    rpc_peer_info_transport_protocol_type_peers,
    rpc_peer_info_network_peers,
    rpc_peer_info_connection_type_peers,
    rpc_peer_info_protocol_version_peers,
    rpc_peer_info_asn_peers,
    rpc_peer_info_ping_median,
    rpc_peer_info_ping_mean,
    rpc_peer_info_minping_median,
    rpc_peer_info_minping_mean,
    rpc_peer_info_sub1satvb_relay,
    rpc_peer_info_connection_divserity_inbound_ipv4,
    rpc_peer_info_invtosend_sum,
    rpc_peer_info_invtosend_max,
    rpc_peer_info_invtosend_median,
    rpc_peer_info_invtosend_mean,
    rpc_peer_info_invtosend_min,
    rpc_peer_info_cpuload_sum,
    rpc_peer_info_cpuload_max,
    rpc_peer_info_cpuload_median,
    rpc_peer_info_cpuload_mean,
    rpc_peer_info_cpuload_min,
    rpc_mempoolinfo_mempool_loaded,
    rpc_mempoolinfo_transaction_count,
    rpc_mempoolinfo_transaction_fees,
    rpc_mempoolinfo_transaction_vbyte,
    rpc_mempoolinfo_memory_usage,
    rpc_mempoolinfo_memory_max,
    rpc_mempoolinfo_min_mempool_feerate,
    rpc_mempoolinfo_min_relay_tx_feerate,
    rpc_mempoolinfo_incremental_relay_feerate,
    rpc_uptime,
    rpc_nettotals_total_bytes_received,
    rpc_nettotals_total_bytes_sent,
    rpc_memoryinfo_locked_used,
    rpc_memoryinfo_locked_free,
    rpc_memoryinfo_locked_total,
    rpc_memoryinfo_locked_locked,
    rpc_memoryinfo_locked_chunks_used,
    rpc_memoryinfo_locked_chunks_free,
    rpc_addrmaninfo,
    rpc_chaintxstats_tx_count,
    rpc_chaintxstats_window_final_block_height,
    rpc_chaintxstats_window_block_count,
    rpc_chaintxstats_window_tx_count,
    rpc_chaintxstats_window_interval,
    rpc_chaintxstats_tx_rate,
    rpc_networkinfo_version,
    rpc_networkinfo_protocol_version,
    rpc_networkinfo_time_offset,
    rpc_networkinfo_connections,
    rpc_networkinfo_connections_in,
    rpc_networkinfo_connections_out,
    rpc_networkinfo_network_active,
    rpc_networkinfo_relay_fee,
    rpc_networkinfo_incremental_fee,
    rpc_networkinfo_warnings,
    rpc_networkinfo_local_addresses_count,
    rpc_networkinfo_networks,
    rpc_blockchaininfo_blocks,
    rpc_blockchaininfo_headers,
    rpc_blockchaininfo_difficulty,
    rpc_blockchaininfo_verification_progress,
    rpc_blockchaininfo_initial_block_download,
    rpc_blockchaininfo_size_on_disk,
    rpc_blockchaininfo_pruned,
    rpc_blockchaininfo_prune_height,
    rpc_blockchaininfo_prune_target_size,
    rpc_blockchaininfo_warnings,
    rpc_getorphantxs_count,
    rpc_getorphantxs_bytes,
    rpc_getorphantxs_vsize,
    rpc_getorphantxs_weight,
    rpc_getorphantxs_added_bytes,
    rpc_getorphantxs_added_count,
    rpc_getorphantxs_removed_bytes,
    rpc_getorphantxs_removed_count,
    rpc_getorphantxs_from_mean,
    rpc_getorphantxs_from_min,
    rpc_getorphantxs_from_max,
    rpc_getrawaddrman_ports,
    rpc_getrawaddrman_service_bits,
    rpc_getrawaddrman_services,
    rpc_getrawaddrman_distinct_asns,
    rpc_getrawaddrman_distinct_sources,
    rpc_getrawaddrman_distinct_source_asn,
    rpc_getrawaddrman_added_entry,
    rpc_getrawaddrman_replaced_entry,
    rpc_getrawaddrman_changed_services,
    rpc_getrawaddrman_changed_timestamps,
    rpc_estimatesmartfee_feerate,
    rpc_getrawaddrman_entry_age_seconds,
    rpc_getrawaddrman_entry_age_seconds_bucket,
    rpc_getrawaddrman_entries,
    rpc_getrawaddrman_terrible_entries,
    rpc_getrawaddrman_future_entries,
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

/// The first metric of the RPC extractor's events; kFirstNewMetric comes after their last.
inline constexpr Metric kFirstRpcMetric = Metric::rpc_peer_info_list_peers_gmax_ban;

/// All of them, in the order of the enum.
std::span<const Definition> definitions();

const Definition& definition(Metric metric);

/// As docs/metrics.md has it: Markdown rows of name, type, labels and meaning. `first` to before `last`.
std::string markdown_table(Metric first, Metric last);

} // namespace peer_observer::metrics
