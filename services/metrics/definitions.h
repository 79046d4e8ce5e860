// Every metric of this tool, in one table: the code takes names and labels from it, docs/metrics.md is made from it.
#pragma once

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

/// From tracepoints, under the names that existing dashboards query.
inline constexpr auto kTracepointDefinitions = std::to_array<Definition>({
    gauge("peerobserver_runtime_start_timestamp", {}, "UNIX time in seconds at which this tool started."),
    counter("peerobserver_p2p_message_count", {kMessage, label("connection_type"), kDirection}, "P2P messages."),
    counter("peerobserver_p2p_message_bytes", {kMessage, label("connection_type"), kDirection},
            "Bytes of the payloads of P2P messages."),
    counter("peerobserver_p2p_message_bytes_linkinglion", {kMessage, kDirection},
            "Bytes of the payloads of P2P messages from and to peers on the IP list linkinglion."),
    counter("peerobserver_p2p_message_count_linkinglion", {kMessage, kDirection},
            "P2P messages from and to peers on the IP list linkinglion."),
    histogram("peerobserver_p2p_addr_addresses", {kDirection}, "Addresses in an addr message.", kAddressCountBuckets),
    histogram("peerobserver_p2p_addr_timestamp_offset_seconds", {kDirection, label("timestamp_offset")},
              "Distance of the timestamps in addr messages from the time of the message.", kOffsetBuckets),
    histogram("peerobserver_p2p_addr_services_bits", {kDirection},
              "Numbers of the service bits that are set in addr messages.", kServiceBitBuckets),
    histogram("peerobserver_p2p_addrv2_services_bits", {kDirection},
              "Numbers of the service bits that are set in addrv2 messages.", kServiceBitBuckets),
    counter("peerobserver_p2p_addr_services", {kDirection, bounded("services")},
            "Addresses in addr messages, by their services as a decimal number."),
    counter("peerobserver_p2p_addrv2_services", {kDirection, bounded("services")},
            "Addresses in addrv2 messages, by their services as a decimal number."),
    histogram("peerobserver_p2p_addrv2_addresses", {kDirection}, "Addresses in an addrv2 message.",
              kAddressCountBuckets),
    histogram("peerobserver_p2p_addrv2_timestamp_offset_seconds", {kDirection, label("timestamp_offset")},
              "Distance of the timestamps in addrv2 messages from the time of the message.", kOffsetBuckets),
    counter("peerobserver_p2p_address_selfannouncements", {label("network"), kDirection},
            "Announced addresses that are the sender's own, the port ignored."),
    counter("peerobserver_p2p_address_subnetannouncements", {label("network"), kDirection},
            "Announced addresses that are not the sender's, but of its /24 (IPv4) or /64 (IPv6)."),
    counter("peerobserver_p2p_ping_inbound_value", {label("value")},
            "Received pings, by the smallest type that holds the nonce: 0, u8, u16, u32, u64."),
    counter("peerobserver_p2p_addrv2_empty", {kDirection, bounded("addr")},
            "Messages addrv2 without an address, by the peer's address."),
    counter("peerobserver_conn_inbound", {}, "Connections that peers opened."),
    counter("peerobserver_conn_inbound_network", {label("network")},
            "Connections that peers opened, by Core's number of the network."),
    counter("peerobserver_conn_inbound_banlist_monero", {},
            "Connections opened from addresses on the IP list banlist_monero."),
    counter("peerobserver_conn_inbound_banlist_gmax", {},
            "Connections opened from addresses on the IP list banlist_gmax."),
    counter("peerobserver_conn_inbound_list_linkinglion", {},
            "Connections opened from addresses on the IP list linkinglion."),
    counter("peerobserver_conn_inbound_tor_exit", {}, "Connections opened from addresses on the IP list tor_exit."),
    gauge("peerobserver_conn_inbound_current", {}, "Inbound connections now. Absent until the first is opened."),
    counter("peerobserver_conn_outbound", {}, "Connections that the node opened."),
    gauge("peerobserver_conn_outbound_current", {}, "Outbound connections now. Absent until the first is opened."),
    counter("peerobserver_conn_outbound_network", {label("network")},
            "Connections that the node opened, by Core's number of the network."),
    counter("peerobserver_conn_closed_network", {label("network")},
            "Closed connections, by Core's number of the network."),
    counter("peerobserver_conn_closed", {}, "Closed connections."),
    counter("peerobserver_conn_closed_age", {}, "Sum of the ages of closed connections, in seconds."),
    counter("peerobserver_conn_evicted_inbound", {}, "Inbound connections evicted."),
    counter("peerobserver_conn_misbehaving", {bounded("misbehavingmessage")},
            "Misbehaviour of peers, by Core's description."),
    counter("peerobserver_conn_misbehaving_reason", {bounded("misbehavingmessage")},
            "Misbehaviour of peers, by Core's description."),
    counter("peerobserver_conn_private_transaction_broadcast", {},
            "Version messages received with the user agent /pynode:0.0.1/, which Bitcoin Core sends to broadcast a "
            "transaction privately: broadcasts of others that reach the node."),
    counter("peerobserver_p2p_inv_entries", {kDirection, label("inv_type")}, "Entries of inv messages."),
    histogram("peerobserver_p2p_inv_entries_histogram", {kDirection}, "Entries in an inv message.", kInvSizeBuckets),
    counter("peerobserver_p2p_invs_homogeneous", {kDirection}, "Messages inv whose entries all have one type."),
    counter("peerobserver_p2p_invs_heterogeneous", {kDirection}, "Messages inv with entries of more than one type."),
    counter("peerobserver_p2p_invs_outbound_large", {},
            "Sent inv messages with more than 35 tx or more than 35 wtx entries."),
    counter("peerobserver_p2p_oldping_subnet", {bounded("subnet")},
            "Received pings without a nonce, by the peer's /24 (IPv4) or /64 (IPv6)."),
    counter("peerobserver_p2p_version_useragent", {bounded("useragent")}, "Received version messages."),
    counter("peerobserver_p2p_feefilter_feerate", {kDirection, bounded("feerate")},
            "Messages feefilter, by the fee rate in sat/kvB."),
    counter("peerobserver_p2p_reject_message", {bounded("rejectcommand"), bounded("rejectreason")},
            "Received reject messages."),
    counter("peerobserver_mempool_added", {}, "Transactions added to the mempool."),
    counter("peerobserver_mempool_added_vbytes", {}, "Virtual bytes of the transactions added to the mempool."),
    counter("peerobserver_mempool_replaced", {}, "Transactions that were replaced in the mempool."),
    counter("peerobserver_mempool_replaced_vbytes", {}, "Virtual bytes of the transactions that were replaced."),
    counter("peerobserver_mempool_rejected", {bounded("reason")},
            "Transactions that the mempool did not accept, by Core's reason."),
    counter("peerobserver_mempool_removed", {bounded("reason")},
            "Transactions removed from the mempool, by Core's reason."),
    gauge("peerobserver_validation_block_connected_latest_height", {}, "Height of the block connected last."),
    gauge("peerobserver_validation_block_connected_latest_connection_time", {},
          "Microseconds that it took to connect the last block."),
    gauge("peerobserver_validation_block_connected_latest_sigops", {},
          "Signature operation cost of the block connected last."),
    gauge("peerobserver_validation_block_connected_latest_inputs", {}, "Inputs of the block connected last."),
    gauge("peerobserver_validation_block_connected_latest_transactions", {},
          "Transactions of the block connected last."),
    counter("peerobserver_validation_block_connected_connection_time", {},
            "Microseconds that it took to connect blocks, summed."),
});

/// Those that no other tool had before. Names as promtool wants them.
inline constexpr auto kToolDefinitions = std::to_array<Definition>({
    counter("peerobserver_conn_inbound_listed_total", {label("list")},
            "Connections opened from addresses on an IP list, by the name of the list."),
    counter("peerobserver_p2p_message_undecodable_total", {kMessage, kDirection},
            "P2P messages whose payload could not be decoded."),
    counter("peerobserver_p2p_messages_processed_total", {kMessage},
            "P2P messages that the node has processed. Patched nodes only."),
    counter("peerobserver_p2p_message_processing_seconds_total", {kMessage},
            "Time that the node's message thread spent in processing messages. Patched nodes only."),
    counter("peerobserver_addrman_attempts_total", {label("table"), label("result")},
            "Attempts to enter an address in a table of the address manager: new inserted, new not_inserted, tried "
            "inserted. Patched nodes only."),
    counter("peerobserver_orphans_added_total", {}, "Orphan transactions added. Patched nodes only."),
    counter("peerobserver_orphans_removed_total", {}, "Orphan transactions removed. Patched nodes only."),
    gauge("peerobserver_orphans", {}, "Orphan transactions that the node holds. Patched nodes only."),
    gauge("peerobserver_orphans_weight", {},
          "Weight units of the orphan transactions that the node holds. Patched nodes only."),
    counter("peerobserver_events_total", {}, "Events received."),
    counter("peerobserver_events_lost_total", {label("cause")},
            "Events that did not arrive: the extractor's ring_full, too_big and event_too_large (and unknown, for a "
            "cause that this version does not know), and sequence_gap between publisher and this tool."),
    counter("peerobserver_sequence_gaps_total", {},
            "Places in a publisher's sequence of events at which some are missing."),
    counter("peerobserver_unparsable_events_total", {},
            "Events that are not valid protobuf messages, and were skipped."),
    counter("peerobserver_unknown_events_total", {},
            "Events of a kind that this version does not know, and skipped: the publisher is newer."),
    histogram(
        "peerobserver_event_latency_seconds", {},
        "Time from the moment at which a probe fired to the event's arrival here, by the clocks of both machines.",
        kLatencyBuckets),
    gauge("peerobserver_last_event_age_seconds", {label("publisher")},
          "Time since the last event of such a publisher (see publishers_up) arrived. For unknown: since the longest "
          "silent one was first heard."),
    gauge("peerobserver_publishers_up", {label("publisher")},
          "Publishers of this node that were heard within the last 15 seconds, by what they publish: tracepoints, rpc, "
          "tool (findings of detector or addr-connectivity), unknown (no event yet)."),
    counter("peerobserver_node_restarts_total", {},
            "Processes of the node that appeared after the first one, as events of tracepoints show them."),
    counter("peerobserver_conn_outbound_private_broadcast_total", {},
            "Connections that the node opened to broadcast a transaction privately."),
    counter("peerobserver_label_values_folded_total", {label("metric"), label("label")},
            "Values of a label that were folded into the value other, because there were too many."),
    of_tool(gauge("peerobserver_ip_list_entries", {label("list")},
                  "Addresses and networks that were read from an IP list.")),
    of_tool(gauge("peerobserver_ip_list_bad_lines", {label("list")},
                  "Lines of an IP list that are neither an address nor a network.")),
    of_tool(counter("peerobserver_ip_list_reloads_total", {label("result")},
                    "Times that IP lists were read again on SIGHUP: success, or failure of at least one file.")),
});

inline constexpr auto kDefinitions = [] {
    std::array<Definition, kTracepointDefinitions.size() + kRpcDefinitions.size() + kToolDefinitions.size()> all{};
    auto next = std::ranges::copy(kTracepointDefinitions, all.begin()).out;
    next = std::ranges::copy(kRpcDefinitions, next).out;
    std::ranges::copy(kToolDefinitions, next);
    return all;
}();

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
