#include "services/metrics/definitions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace peer_observer::metrics {
namespace {

/// What existing dashboards query. This must not change: name, type, labels without `host`.
constexpr auto kKnownToDashboards = R"(
runtime_start_timestamp gauge
p2p_message_count counter message connection_type direction
p2p_message_bytes counter message connection_type direction
p2p_message_bytes_linkinglion counter message direction
p2p_message_count_linkinglion counter message direction
p2p_addr_addresses histogram direction
p2p_addr_timestamp_offset_seconds histogram direction timestamp_offset
p2p_addr_services_bits histogram direction
p2p_addrv2_services_bits histogram direction
p2p_addr_services counter direction services
p2p_addrv2_services counter direction services
p2p_addrv2_addresses histogram direction
p2p_addrv2_timestamp_offset_seconds histogram direction timestamp_offset
p2p_address_selfannouncements counter network direction
p2p_address_subnetannouncements counter network direction
p2p_ping_inbound_value counter value
p2p_addrv2_empty counter direction addr
conn_inbound counter
conn_inbound_network counter network
conn_inbound_banlist_monero counter
conn_inbound_banlist_gmax counter
conn_inbound_list_linkinglion counter
conn_inbound_tor_exit counter
conn_inbound_current gauge
conn_outbound counter
conn_outbound_current gauge
conn_outbound_network counter network
conn_closed_network counter network
conn_closed counter
conn_closed_age counter
conn_evicted_inbound counter
conn_misbehaving counter misbehavingmessage
conn_misbehaving_reason counter misbehavingmessage
conn_private_transaction_broadcast counter
p2p_inv_entries counter direction inv_type
p2p_inv_entries_histogram histogram direction
p2p_invs_homogeneous counter direction
p2p_invs_heterogeneous counter direction
p2p_invs_outbound_large counter
p2p_oldping_subnet counter subnet
p2p_version_useragent counter useragent
p2p_feefilter_feerate counter direction feerate
p2p_reject_message counter rejectcommand rejectreason
mempool_added counter
mempool_added_vbytes counter
mempool_replaced counter
mempool_replaced_vbytes counter
mempool_rejected counter reason
mempool_removed counter reason
validation_block_connected_latest_height gauge
validation_block_connected_latest_connection_time gauge
validation_block_connected_latest_sigops gauge
validation_block_connected_latest_inputs gauge
validation_block_connected_latest_transactions gauge
validation_block_connected_connection_time counter
rpc_peer_info_list_peers_gmax_ban gauge
rpc_peer_info_list_peers_monero_ban gauge
rpc_peer_info_list_peers_tor_exit gauge
rpc_peer_info_list_peers_linkinglion gauge
rpc_peer_info_list_peers_linkinglion_pre2026 gauge
rpc_peer_info_list_peers_bitprojects gauge direction
rpc_peer_info_addr_ratelimited_peers gauge
rpc_peer_info_addr_ratelimited_total gauge
rpc_peer_info_addr_processed_total gauge
rpc_peer_info_timeoffset_plus10s gauge
rpc_peer_info_timeoffset_minus10s gauge
rpc_peer_info_bip152_highbandwidth_to gauge
rpc_peer_info_bip152_highbandwidth_from gauge
rpc_peer_info_num_peers gauge
rpc_peer_info_addr_relay_enabled_peers gauge
rpc_peer_info_inflight_block_peers gauge
rpc_peer_info_inflight_distinct_blocks_heights gauge
rpc_peer_info_ping_wait_larger_5_seconds_block_peers gauge
rpc_peer_info_transport_protocol_type_peers gauge transport_protocol_type
rpc_peer_info_network_peers gauge network
rpc_peer_info_connection_type_peers gauge connection_type
rpc_peer_info_protocol_version_peers gauge protocol_version
rpc_peer_info_asn_peers gauge ASN
rpc_peer_info_ping_median gauge
rpc_peer_info_ping_mean gauge
rpc_peer_info_minping_median gauge
rpc_peer_info_minping_mean gauge
rpc_peer_info_sub1satvb_relay gauge
rpc_peer_info_connection_divserity_inbound_ipv4 gauge
rpc_peer_info_invtosend_sum gauge
rpc_peer_info_invtosend_max gauge
rpc_peer_info_invtosend_median gauge
rpc_peer_info_invtosend_mean gauge
rpc_peer_info_invtosend_min gauge
rpc_peer_info_cpuload_sum gauge
rpc_peer_info_cpuload_max gauge
rpc_peer_info_cpuload_median gauge
rpc_peer_info_cpuload_mean gauge
rpc_peer_info_cpuload_min gauge
rpc_mempoolinfo_mempool_loaded gauge
rpc_mempoolinfo_transaction_count gauge
rpc_mempoolinfo_transaction_fees gauge
rpc_mempoolinfo_transaction_vbyte gauge
rpc_mempoolinfo_memory_usage gauge
rpc_mempoolinfo_memory_max gauge
rpc_mempoolinfo_min_mempool_feerate gauge
rpc_mempoolinfo_min_relay_tx_feerate gauge
rpc_mempoolinfo_incremental_relay_feerate gauge
rpc_uptime gauge
rpc_nettotals_total_bytes_received gauge
rpc_nettotals_total_bytes_sent gauge
rpc_memoryinfo_locked_used gauge
rpc_memoryinfo_locked_free gauge
rpc_memoryinfo_locked_total gauge
rpc_memoryinfo_locked_locked gauge
rpc_memoryinfo_locked_chunks_used gauge
rpc_memoryinfo_locked_chunks_free gauge
rpc_addrmaninfo gauge network table
rpc_chaintxstats_tx_count gauge
rpc_chaintxstats_window_final_block_height gauge
rpc_chaintxstats_window_block_count gauge
rpc_chaintxstats_window_tx_count gauge
rpc_chaintxstats_window_interval gauge
rpc_chaintxstats_tx_rate gauge
rpc_networkinfo_version gauge
rpc_networkinfo_protocol_version gauge
rpc_networkinfo_time_offset gauge
rpc_networkinfo_connections gauge
rpc_networkinfo_connections_in gauge
rpc_networkinfo_connections_out gauge
rpc_networkinfo_network_active gauge
rpc_networkinfo_relay_fee gauge
rpc_networkinfo_incremental_fee gauge
rpc_networkinfo_warnings gauge
rpc_networkinfo_local_addresses_count gauge
rpc_networkinfo_networks gauge network property
rpc_blockchaininfo_blocks gauge
rpc_blockchaininfo_headers gauge
rpc_blockchaininfo_difficulty gauge
rpc_blockchaininfo_verification_progress gauge
rpc_blockchaininfo_initial_block_download gauge
rpc_blockchaininfo_size_on_disk gauge
rpc_blockchaininfo_pruned gauge
rpc_blockchaininfo_prune_height gauge
rpc_blockchaininfo_prune_target_size gauge
rpc_blockchaininfo_warnings gauge
rpc_getorphantxs_count gauge
rpc_getorphantxs_bytes gauge
rpc_getorphantxs_vsize gauge
rpc_getorphantxs_weight gauge
rpc_getorphantxs_added_bytes counter
rpc_getorphantxs_added_count counter
rpc_getorphantxs_removed_bytes counter
rpc_getorphantxs_removed_count counter
rpc_getorphantxs_from_mean gauge
rpc_getorphantxs_from_min gauge
rpc_getorphantxs_from_max gauge
rpc_getrawaddrman_ports gauge table port
rpc_getrawaddrman_service_bits gauge table service_bit
rpc_getrawaddrman_services gauge table service
rpc_getrawaddrman_distinct_asns gauge table
rpc_getrawaddrman_distinct_sources gauge table
rpc_getrawaddrman_distinct_source_asn gauge table
rpc_getrawaddrman_added_entry counter table
rpc_getrawaddrman_replaced_entry counter table
rpc_getrawaddrman_changed_services counter table
rpc_getrawaddrman_changed_timestamps counter table
rpc_estimatesmartfee_feerate gauge target_block mode
rpc_getrawaddrman_entry_age_seconds gauge table quantile
rpc_getrawaddrman_entry_age_seconds_bucket gauge table le
rpc_getrawaddrman_entries gauge table network
rpc_getrawaddrman_terrible_entries gauge table network
rpc_getrawaddrman_future_entries gauge table network min_offset_seconds
log_events counter category level
log_bytes counter category level
log_block_connected_events counter
log_block_checked_events counter
log_mutated_blocks counter status
log_compact_block_reconstruction_count counter tx_requested bandwidth
log_compact_block_reconstruction_time counter tx_requested bandwidth
p2pextractor_ping_duration_nanoseconds gauge
p2pextractor_addrv2relay_addresses counter network
p2pextractor_addrv2relay_messages counter
p2pextractor_addrv2relay_messages_10_or_less_entries counter
p2pextractor_addrv2relay_size gauge
p2pextractor_invs_items counter inv_type
p2pextractor_invs_messages counter
p2pextractor_invs_size gauge
p2pextractor_feefilter_messages counter
p2pextractor_feefilter_last gauge
)";

TEST(Definitions, KeepWhatExistingDashboardsQuery)
{
    std::string found = "\n";
    for (const Definition& row : std::span{kDefinitions}.first(kDefinitions.size() - kToolDefinitions.size())) {
        constexpr std::array kTypes = {"counter", "gauge", "histogram"};
        EXPECT_TRUE(row.by_host);
        EXPECT_TRUE(row.name.starts_with("peerobserver_"));
        found += row.name.substr(row.name.find('_') + 1);
        found += std::string{" "} + kTypes.at(static_cast<std::size_t>(row.type));
        for (const Label& label : row.labels)
            if (!label.name.empty()) (found += ' ') += label.name;
        found += '\n';
    }
    EXPECT_EQ(found, kKnownToDashboards);
}

TEST(Definitions, HaveNamesOfTheirOwnAndHelp)
{
    std::set<std::string_view> names;
    for (const Definition& row : kDefinitions) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        EXPECT_TRUE(row.help.ends_with('.')) << row.name;
        EXPECT_EQ(row.type == Type::histogram, !row.buckets.empty()) << row.name;
        EXPECT_TRUE(std::ranges::is_sorted(row.buckets)) << row.name;
    }
}

std::vector<double> buckets_of(Metric metric)
{
    const auto buckets = definition(metric).buckets;
    return {buckets.begin(), buckets.end()};
}

TEST(Definitions, HaveTheBucketsOfRecordedHistory)
{
    const std::vector<double> addresses = {0,  1,  2,   3,   4,   5,   6,   7,   8,   9,   10,  15,  20,  25,  30,
                                           50, 75, 100, 150, 200, 250, 300, 400, 500, 600, 700, 800, 900, 999, 1000};
    EXPECT_EQ(buckets_of(metric("p2p_addr_addresses")), addresses);
    EXPECT_EQ(buckets_of(metric("p2p_addrv2_addresses")), addresses);
    auto sizes = addresses;
    for (const double size :
         {2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10000, 20000, 25000, 30000, 35000, 40000, 45000, 50000})
        sizes.push_back(size);
    EXPECT_EQ(buckets_of(metric("p2p_inv_entries_histogram")), sizes);
    EXPECT_THAT(buckets_of(metric("p2p_addr_timestamp_offset_seconds")),
                testing::ElementsAre(0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768,
                                     65536, 131072, 262144, 524288, 1048576, 2097152, 4194304, 8388608, 16777216));
    const auto bits = buckets_of(metric("p2p_addr_services_bits"));
    EXPECT_EQ(bits.size(), 64U);
    EXPECT_EQ(bits.front(), 0);
    EXPECT_EQ(bits.back(), 63);
}

TEST(Definitions, AreWhatTheDocumentationSays)
{
    std::ifstream file{PEER_OBSERVER_SOURCE "/docs/metrics.md"};
    const std::string page{std::istreambuf_iterator<char>{file}, {}};
    // Its tables are the rows that `peer-observer-metrics --list-metrics` prints, in five parts.
    const auto has = [&page](const std::string& table) {
        return page.find("\n\n" + table + "\n") != std::string::npos;
    };
    EXPECT_TRUE(has(markdown_table(kTracepointDefinitions)));
    EXPECT_TRUE(has(markdown_table(kRpcDefinitions)));
    EXPECT_TRUE(has(markdown_table(kLogDefinitions)));
    EXPECT_TRUE(has(markdown_table(kP2pExtractorDefinitions)));
    EXPECT_TRUE(has(markdown_table(kToolDefinitions)));
}

} // namespace
} // namespace peer_observer::metrics
