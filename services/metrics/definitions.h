// Every metric of this tool, in one table: the code takes names and labels from it, docs/metrics.md is made from it.
#pragma once

#include "services/metrics/p2p_extractor/definitions.h"
#include "services/metrics/rpc/definitions.h"
#include "services/metrics/series/definition.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace peer_observer::metrics {

inline constexpr auto kAddressCountBuckets =
    std::to_array<double>({0,  1,  2,   3,   4,   5,   6,   7,   8,   9,   10,  15,  20,  25,  30,
                           50, 75, 100, 150, 200, 250, 300, 400, 500, 600, 700, 800, 900, 999, 1000});
inline constexpr auto kInvSizeBuckets = [] {
    constexpr auto kLarger = std::to_array<double>(
        {2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10000, 20000, 25000, 30000, 35000, 40000, 45000, 50000});
    std::array<double, kAddressCountBuckets.size() + kLarger.size()> buckets{};
    std::ranges::copy(kLarger, std::ranges::copy(kAddressCountBuckets, buckets.begin()).out);
    return buckets;
}();
inline constexpr auto kOffsetBuckets = [] { // 0, then the powers of two up to 2^24
    std::array<double, 26> buckets{};
    for (std::size_t i = 1; i < buckets.size(); ++i)
        buckets[i] = static_cast<double>(1U << (i - 1));
    return buckets;
}();
inline constexpr auto kServiceBitBuckets = [] {
    std::array<double, 64> buckets{};
    for (std::size_t i = 0; i < buckets.size(); ++i)
        buckets[i] = static_cast<double>(i);
    return buckets;
}();
inline constexpr auto kLatencyBuckets = std::to_array<double>(
    {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60});

inline constexpr Label kDirection = label("direction");
inline constexpr Label kMessage = bounded("message");
inline constexpr Label kAsn = bounded("asn");

/// Metrics from tracepoints, with the names that existing dashboards query.
inline constexpr auto kTracepointDefinitions = std::to_array<Definition>({
    gauge("peerobserver_runtime_start_timestamp", {}, "UNIX time at which peer-observer-metrics started, in seconds."),
    counter("peerobserver_p2p_message_count", {kMessage, label("connection_type"), kDirection}, "P2P messages."),
    counter("peerobserver_p2p_message_bytes", {kMessage, label("connection_type"), kDirection},
            "Payload bytes of P2P messages."),
    counter("peerobserver_p2p_message_bytes_linkinglion", {kMessage, kDirection},
            "Payload bytes of P2P messages from and to peers on the IP list linkinglion."),
    counter("peerobserver_p2p_message_count_linkinglion", {kMessage, kDirection},
            "P2P messages from and to peers on the IP list linkinglion."),
    histogram("peerobserver_p2p_addr_addresses", {kDirection}, "Addresses per addr message.", kAddressCountBuckets),
    histogram("peerobserver_p2p_addr_timestamp_offset_seconds", {kDirection, label("timestamp_offset")},
              "Difference between the timestamps in addr messages and the time of the message, in seconds.",
              kOffsetBuckets),
    histogram("peerobserver_p2p_addr_services_bits", {kDirection},
              "Service bits set in the addresses of addr messages, numbered from 0.", kServiceBitBuckets),
    histogram("peerobserver_p2p_addrv2_services_bits", {kDirection},
              "Service bits set in the addresses of addrv2 messages, numbered from 0.", kServiceBitBuckets),
    counter("peerobserver_p2p_addr_services", {kDirection, bounded("services")},
            "Addresses in addr messages, by service flags as a decimal number."),
    counter("peerobserver_p2p_addrv2_services", {kDirection, bounded("services")},
            "Addresses in addrv2 messages, by service flags as a decimal number."),
    histogram("peerobserver_p2p_addrv2_addresses", {kDirection}, "Addresses per addrv2 message.", kAddressCountBuckets),
    histogram("peerobserver_p2p_addrv2_timestamp_offset_seconds", {kDirection, label("timestamp_offset")},
              "Difference between the timestamps in addrv2 messages and the time of the message, in seconds.",
              kOffsetBuckets),
    counter("peerobserver_p2p_address_selfannouncements", {label("network"), kDirection},
            "Announced addresses that are the sender's own, ignoring the port."),
    counter("peerobserver_p2p_address_subnetannouncements", {label("network"), kDirection},
            "Announced addresses in the sender's /24 (IPv4) or /64 (IPv6), except the sender's own."),
    counter("peerobserver_p2p_ping_inbound_value", {label("value")},
            "Received pings, by the smallest type that holds the nonce: 0, u8, u16, u32, u64."),
    counter("peerobserver_p2p_addrv2_empty", {kDirection, bounded("addr")},
            "addrv2 messages without addresses, by the peer's address."),
    counter("peerobserver_conn_inbound", {}, "Connections opened by peers."),
    counter("peerobserver_conn_inbound_network", {label("network")},
            "Connections opened by peers, by Bitcoin Core's network number."),
    counter("peerobserver_conn_inbound_banlist_monero", {},
            "Inbound connections from addresses on the IP list banlist_monero."),
    counter("peerobserver_conn_inbound_banlist_gmax", {},
            "Inbound connections from addresses on the IP list banlist_gmax."),
    counter("peerobserver_conn_inbound_list_linkinglion", {},
            "Inbound connections from addresses on the IP list linkinglion."),
    counter("peerobserver_conn_inbound_tor_exit", {}, "Inbound connections from addresses on the IP list tor_exit."),
    gauge("peerobserver_conn_inbound_current", {},
          "Current number of inbound connections. Absent until the first one is opened."),
    counter("peerobserver_conn_outbound", {}, "Connections opened by the node."),
    gauge("peerobserver_conn_outbound_current", {},
          "Current number of outbound connections. Absent until the first one is opened."),
    counter("peerobserver_conn_outbound_network", {label("network")},
            "Connections opened by the node, by Bitcoin Core's network number."),
    counter("peerobserver_conn_closed_network", {label("network")},
            "Closed connections, by Bitcoin Core's network number."),
    counter("peerobserver_conn_closed", {}, "Closed connections."),
    counter("peerobserver_conn_closed_age", {}, "Sum of the ages of closed connections, in seconds."),
    counter("peerobserver_conn_evicted_inbound", {}, "Inbound connections evicted."),
    counter("peerobserver_conn_misbehaving", {bounded("misbehavingmessage")},
            "Misbehaviour of peers, by Bitcoin Core's description."),
    counter("peerobserver_conn_misbehaving_reason", {bounded("misbehavingmessage")},
            "Misbehaviour of peers, by Bitcoin Core's description."),
    counter("peerobserver_conn_private_transaction_broadcast", {},
            "Received version messages with the user agent /pynode:0.0.1/. Bitcoin Core sends it to broadcast a "
            "transaction privately: these are private broadcasts of other nodes."),
    counter("peerobserver_p2p_inv_entries", {kDirection, label("inv_type")}, "Entries of inv messages, by type."),
    histogram("peerobserver_p2p_inv_entries_histogram", {kDirection}, "Entries per inv message.", kInvSizeBuckets),
    counter("peerobserver_p2p_invs_homogeneous", {kDirection}, "inv messages whose entries all have the same type."),
    counter("peerobserver_p2p_invs_heterogeneous", {kDirection}, "inv messages with entries of more than one type."),
    counter("peerobserver_p2p_invs_outbound_large", {},
            "Sent inv messages with more than 35 tx or more than 35 wtx entries."),
    counter("peerobserver_p2p_oldping_subnet", {bounded("subnet")},
            "Received pings without a nonce, by the peer's /24 (IPv4) or /64 (IPv6)."),
    counter("peerobserver_p2p_version_useragent", {bounded("useragent")}, "Received version messages, by user agent."),
    counter("peerobserver_p2p_feefilter_feerate", {kDirection, bounded("feerate")},
            "feefilter messages, by fee rate in sat/kvB."),
    counter("peerobserver_p2p_reject_message", {bounded("rejectcommand"), bounded("rejectreason")},
            "Received reject messages, by rejected command and reason."),
    counter("peerobserver_mempool_added", {}, "Transactions added to the mempool."),
    counter("peerobserver_mempool_added_vbytes", {}, "Virtual bytes of the transactions added to the mempool."),
    counter("peerobserver_mempool_replaced", {}, "Transactions replaced in the mempool."),
    counter("peerobserver_mempool_replaced_vbytes", {}, "Virtual bytes of the replaced transactions."),
    counter("peerobserver_mempool_rejected", {bounded("reason")},
            "Transactions rejected by the mempool, by Bitcoin Core's reason."),
    counter("peerobserver_mempool_removed", {bounded("reason")},
            "Transactions removed from the mempool, by Bitcoin Core's reason."),
    gauge("peerobserver_validation_block_connected_latest_height", {}, "Height of the last connected block."),
    gauge("peerobserver_validation_block_connected_latest_connection_time", {},
          "Time to connect the last block, in microseconds."),
    gauge("peerobserver_validation_block_connected_latest_sigops", {},
          "Signature operation cost of the last connected block."),
    gauge("peerobserver_validation_block_connected_latest_inputs", {}, "Inputs of the last connected block."),
    gauge("peerobserver_validation_block_connected_latest_transactions", {},
          "Transactions of the last connected block."),
    counter("peerobserver_validation_block_connected_connection_time", {},
            "Total time spent connecting blocks, in microseconds."),
});

/// From lines of the node's log, under the names that existing dashboards query.
inline constexpr auto kLogDefinitions = std::to_array<Definition>({
    counter("peerobserver_log_events", {bounded("category"), bounded("level")},
            "Lines of the node's log, by Core's words for their category (empty: none) and level."),
    counter("peerobserver_log_bytes", {bounded("category"), bounded("level")}, "Bytes of those lines."),
    counter("peerobserver_log_block_connected_events", {}, "Lines that say that a block was connected."),
    counter("peerobserver_log_block_checked_events", {}, "Lines that say that a block was checked, valid or not."),
    counter("peerobserver_log_mutated_blocks", {bounded("status")},
            "Blocks whose transactions are not those of their header, by Core's reason."),
    counter(
        "peerobserver_log_compact_block_reconstruction_count", {label("tx_requested"), label("bandwidth")},
        "Compact blocks that were reconstructed: tx_requested is true if transactions had to be requested; bandwidth "
        "is high if the node heard of the block by a compact block, low if by its header, unknown if it did not "
        "log that."),
    counter("peerobserver_log_compact_block_reconstruction_time", {label("tx_requested"), label("bandwidth")},
            "Microseconds from the arrival of compact blocks to their reconstruction, summed."),
});

/// Metrics that the Rust peer-observer does not have. Their names follow the rules of `promtool check metrics`.
inline constexpr auto kToolDefinitions = std::to_array<Definition>({
    counter("peerobserver_conn_inbound_listed_total", {label("list")},
            "Inbound connections from addresses on an IP list, by the name of the list."),
    counter("peerobserver_known_peer_connections_total", {bounded("name")},
            "Connections of peers that a line of --known-peers fits, by the name in it, whether or not they are left "
            "out of the other metrics."),
    counter("peerobserver_known_peer_messages_total", {bounded("name")},
            "Messages from and to peers that a line of --known-peers fits, likewise."),
    gauge("peerobserver_as_peers", {kAsn, kDirection},
          "IPv4 and IPv6 peers that are connected, by AS. With --asmap, as all metrics of ASes."),
    gauge("peerobserver_as_distinct", {kDirection}, "ASes of the peers that are connected."),
    gauge("peerobserver_as_largest_share", {kDirection},
          "Share of the AS with the most peers, of the IPv4 and IPv6 peers that are connected."),
    gauge("peerobserver_as_unmapped_peers", {kDirection},
          "IPv4 and IPv6 peers that are connected and whose address has no AS in the asmap."),
    counter("peerobserver_as_opened_total", {kAsn, kDirection}, "IPv4 and IPv6 connections opened, by AS."),
    counter("peerobserver_as_closed_total", {kAsn, kDirection}, "IPv4 and IPv6 connections closed, by AS."),
    counter("peerobserver_as_evicted_total", {kAsn}, "Inbound IPv4 and IPv6 connections evicted, by AS."),
    counter("peerobserver_as_misbehaving_total", {kAsn}, "Misbehaviour of IPv4 and IPv6 peers, by AS."),
    gauge("peerobserver_as_info", {kAsn, label("name")},
          "1 for each value of asn that the metrics of ASes have now, with the name by --asmap-names, which may be "
          "empty."),
    counter("peerobserver_p2p_message_undecodable_total", {kMessage, kDirection},
            "P2P messages whose payload could not be decoded."),
    counter("peerobserver_p2p_messages_processed_total", {kMessage},
            "P2P messages processed by the node. Patched nodes only."),
    counter("peerobserver_p2p_message_processing_seconds_total", {kMessage},
            "Time the node's message thread spent processing messages. Patched nodes only."),
    counter("peerobserver_addrman_attempts_total", {label("table"), label("result")},
            "Attempts to add an address to a table of the address manager: new (inserted or not_inserted) or tried "
            "(inserted). Patched nodes only."),
    counter("peerobserver_orphans_added_total", {}, "Orphan transactions added. Patched nodes only."),
    counter("peerobserver_orphans_removed_total", {}, "Orphan transactions removed. Patched nodes only."),
    gauge("peerobserver_orphans", {}, "Orphan transactions held by the node. Patched nodes only."),
    gauge("peerobserver_orphans_weight", {},
          "Weight of the orphan transactions held by the node, in weight units. Patched nodes only."),
    histogram("peerobserver_log_compact_block_reconstruction_seconds", {},
              "Time from the arrival of a compact block to its reconstruction. Exact with -logtimemicros.",
              kLatencyBuckets),
    counter("peerobserver_log_compact_block_transactions_total", {label("source")},
            "Transactions of reconstructed compact blocks, by where they came from: prefilled, mempool, extra_pool, "
            "requested."),
    histogram("peerobserver_log_block_processing_seconds", {},
              "Time from the line that says that a header is new to the one that says that its block is the new tip: "
              "download and validation.",
              kLatencyBuckets),
    counter("peerobserver_log_headers_seen_total", {label("via")},
            "New headers, by the message that brought them: cmpctblock or headers."),
    counter("peerobserver_log_refused_blocks_total", {bounded("reason")},
            "Checked blocks that are invalid, by Core's reason."),
    counter("peerobserver_log_disconnects_total", {bounded("reason")},
            "Disconnected peers, by Core's reason. Most reasons need -debug=net."),
    histogram("peerobserver_p2pextractor_ping_seconds", {label("direction")},
              "Round trips of the pings to the node, by the direction of the connection as seen from the node.",
              kWaitBuckets),
    gauge("peerobserver_p2pextractor_ping_waiting_seconds", {label("direction")},
          "How long the last ping had been waiting at its last report; 0 after its pong or the end of its connection."),
    histogram("peerobserver_p2pextractor_handshake_seconds", {label("direction")},
              "From the TCP connection until the handshake was complete.", kWaitBuckets),
    counter("peerobserver_p2pextractor_ended_total", {label("direction"), label("reason")},
            "Connections, and attempts to connect, that have ended, by the reason that the event has."),
    counter("peerobserver_p2pextractor_notfound_items_total", {}, "Entries of notfound messages."),
    counter("peerobserver_p2pextractor_blocks_announced_total", {label("direction"), label("by")},
            "Blocks that the node announced, by the message that did so first: headers, cmpctblock, inv."),
    histogram(
        "peerobserver_p2pextractor_block_delay_since_heard_seconds", {label("direction")},
        "From the first message of a peer of the node that named the block (cmpctblock, headers, inv, block), until "
        "the node announced it. Needs the extractor.",
        kWaitBuckets),
    histogram(
        "peerobserver_p2pextractor_block_delay_since_connected_seconds", {label("direction")},
        "From the connection of the block to the chain until the node announced it; below 0 where it was announced "
        "before. Needs the extractor.",
        kAroundBuckets),
    counter("peerobserver_events_total", {}, "Events received."),
    counter("peerobserver_events_lost_total", {label("cause")},
            "Events that did not arrive, by cause. Lost in the extractor: ring_full, too_big, event_too_large, unknown "
            "(a cause that this version does not know). Missed between publisher and this tool: sequence_gap."),
    counter("peerobserver_sequence_gaps_total", {}, "Gaps in the sequence numbers of publishers."),
    counter("peerobserver_unparsable_events_total", {}, "Events skipped because they are not valid protobuf messages."),
    counter("peerobserver_unknown_events_total", {},
            "Events skipped because this version does not know their kind. The publisher is newer."),
    histogram("peerobserver_event_latency_seconds", {},
              "Time from the firing of the probe to the arrival of the event, by the clocks of both machines.",
              kLatencyBuckets),
    gauge("peerobserver_last_event_age_seconds", {label("publisher")},
          "Time since the last event from a publisher of this type (see publishers_up). For unknown: time since the "
          "first one was first heard."),
    gauge("peerobserver_publishers_up", {label("publisher")},
          "Publishers of this node heard from within the last 15 seconds, by type of events: tracepoints, rpc, log, "
          "p2p, tool "
          "(findings of detector or addr-connectivity), unknown (no event yet)."),
    counter("peerobserver_node_restarts_total", {},
            "Restarts of the node: processes seen in tracepoint events after the first one."),
    counter("peerobserver_conn_outbound_private_broadcast_total", {},
            "Connections opened by the node to broadcast a transaction privately."),
    counter("peerobserver_label_values_folded_total", {label("metric"), label("label")},
            "Label values folded into the value `other` because there were too many."),
    of_tool(gauge("peerobserver_ip_list_entries", {label("list")}, "Addresses and networks read from an IP list.")),
    of_tool(gauge("peerobserver_ip_list_bad_lines", {label("list")},
                  "Lines of an IP list that are neither an address nor a network.")),
    of_tool(counter("peerobserver_ip_list_reloads_total", {label("result")},
                    "Reloads of the IP lists on SIGHUP: success, or failure of at least one file.")),
});

inline constexpr auto kDefinitions = [] {
    std::array<Definition, kTracepointDefinitions.size() + kRpcDefinitions.size() + kLogDefinitions.size() +
                               kP2pExtractorDefinitions.size() + kToolDefinitions.size()>
        all{};
    auto next = std::ranges::copy(kTracepointDefinitions, all.begin()).out;
    next = std::ranges::copy(kRpcDefinitions, next).out;
    next = std::ranges::copy(kLogDefinitions, next).out;
    next = std::ranges::copy(kP2pExtractorDefinitions, next).out;
    std::ranges::copy(kToolDefinitions, next);
    return all;
}();
static_assert(kDefinitions.size() <= 256); // a Metric has eight bits

/// The metric peerobserver_<name>. One that is not in the table does not compile.
consteval Metric metric(std::string_view name)
{
    for (std::size_t i = 0; i < kDefinitions.size(); ++i)
        if (kDefinitions[i].name.substr(kPrefix.size()) == name) return static_cast<Metric>(i);
    throw std::invalid_argument{"no such metric"};
}

constexpr const Definition& definition(Metric metric) { return kDefinitions.at(static_cast<std::size_t>(metric)); }

/// As docs/metrics.md has it: Markdown rows of name, type, labels and meaning.
std::string markdown_table(std::span<const Definition> rows);

} // namespace peer_observer::metrics
