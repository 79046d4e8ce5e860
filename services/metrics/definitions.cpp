#include "services/metrics/definitions.h"

#include "services/metrics/rpc/definitions.h"
#include "services/metrics/series/definition_rows.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace peer_observer::metrics {
namespace {

constexpr auto kMetricCount = static_cast<std::size_t>(Metric::count_);

constexpr auto kAddressCountBuckets =
    std::to_array<double>({0,  1,  2,   3,   4,   5,   6,   7,   8,   9,   10,  15,  20,  25,  30,
                           50, 75, 100, 150, 200, 250, 300, 400, 500, 600, 700, 800, 900, 999, 1000});
constexpr auto kInvSizeBuckets = [] {
    constexpr auto kLarger = std::to_array<double>(
        {2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10000, 20000, 25000, 30000, 35000, 40000, 45000, 50000});
    std::array<double, kAddressCountBuckets.size() + kLarger.size()> buckets{};
    std::ranges::copy(kLarger, std::ranges::copy(kAddressCountBuckets, buckets.begin()).out);
    return buckets;
}();
constexpr auto kOffsetBuckets = [] { // 0, then the powers of two up to 2^24
    std::array<double, 26> buckets{};
    for (std::size_t i = 1; i < buckets.size(); ++i)
        buckets[i] = static_cast<double>(1U << (i - 1));
    return buckets;
}();
constexpr auto kServiceBitBuckets = [] {
    std::array<double, 64> buckets{};
    for (std::size_t i = 0; i < buckets.size(); ++i)
        buckets[i] = static_cast<double>(i);
    return buckets;
}();
constexpr auto kLatencyBuckets = std::to_array<double>(
    {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60});

using enum Metric;

constexpr Label kDirection = label("direction");
constexpr Label kMessage = bounded("message");

constexpr auto kTracepointDefinitions = std::to_array<Definition>({
    gauge(runtime_start_timestamp, "peerobserver_runtime_start_timestamp", {},
          "UNIX time in seconds at which this tool started."),
    counter(p2p_message_count, "peerobserver_p2p_message_count", {kMessage, label("connection_type"), kDirection},
            "P2P messages."),
    counter(p2p_message_bytes, "peerobserver_p2p_message_bytes", {kMessage, label("connection_type"), kDirection},
            "Bytes of the payloads of P2P messages."),
    counter(p2p_message_bytes_linkinglion, "peerobserver_p2p_message_bytes_linkinglion", {kMessage, kDirection},
            "Bytes of the payloads of P2P messages from and to peers on the IP list linkinglion."),
    counter(p2p_message_count_linkinglion, "peerobserver_p2p_message_count_linkinglion", {kMessage, kDirection},
            "P2P messages from and to peers on the IP list linkinglion."),
    histogram(p2p_addr_addresses, "peerobserver_p2p_addr_addresses", {kDirection}, "Addresses in an addr message.",
              kAddressCountBuckets),
    histogram(p2p_addr_timestamp_offset_seconds, "peerobserver_p2p_addr_timestamp_offset_seconds",
              {kDirection, label("timestamp_offset")},
              "Distance of the timestamps in addr messages from the time of the message.", kOffsetBuckets),
    histogram(p2p_addr_services_bits, "peerobserver_p2p_addr_services_bits", {kDirection},
              "Numbers of the service bits that are set in addr messages.", kServiceBitBuckets),
    histogram(p2p_addrv2_services_bits, "peerobserver_p2p_addrv2_services_bits", {kDirection},
              "Numbers of the service bits that are set in addrv2 messages.", kServiceBitBuckets),
    counter(p2p_addr_services, "peerobserver_p2p_addr_services", {kDirection, bounded("services")},
            "Addresses in addr messages, by their services as a decimal number."),
    counter(p2p_addrv2_services, "peerobserver_p2p_addrv2_services", {kDirection, bounded("services")},
            "Addresses in addrv2 messages, by their services as a decimal number."),
    histogram(p2p_addrv2_addresses, "peerobserver_p2p_addrv2_addresses", {kDirection},
              "Addresses in an addrv2 message.", kAddressCountBuckets),
    histogram(p2p_addrv2_timestamp_offset_seconds, "peerobserver_p2p_addrv2_timestamp_offset_seconds",
              {kDirection, label("timestamp_offset")},
              "Distance of the timestamps in addrv2 messages from the time of the message.", kOffsetBuckets),
    counter(p2p_address_selfannouncements, "peerobserver_p2p_address_selfannouncements", {label("network"), kDirection},
            "Announced addresses that are the sender's own, the port ignored."),
    counter(p2p_address_subnetannouncements, "peerobserver_p2p_address_subnetannouncements",
            {label("network"), kDirection},
            "Announced addresses that are not the sender's, but of its /24 (IPv4) or /64 (IPv6)."),
    counter(p2p_ping_inbound_value, "peerobserver_p2p_ping_inbound_value", {label("value")},
            "Received pings, by the smallest type that holds the nonce: 0, u8, u16, u32, u64."),
    counter(p2p_addrv2_empty, "peerobserver_p2p_addrv2_empty", {kDirection, bounded("addr")},
            "Messages addrv2 without an address, by the peer's address."),
    counter(conn_inbound, "peerobserver_conn_inbound", {}, "Connections that peers opened."),
    counter(conn_inbound_network, "peerobserver_conn_inbound_network", {label("network")},
            "Connections that peers opened, by Core's number of the network."),
    counter(conn_inbound_banlist_monero, "peerobserver_conn_inbound_banlist_monero", {},
            "Connections opened from addresses on the IP list banlist_monero."),
    counter(conn_inbound_banlist_gmax, "peerobserver_conn_inbound_banlist_gmax", {},
            "Connections opened from addresses on the IP list banlist_gmax."),
    counter(conn_inbound_list_linkinglion, "peerobserver_conn_inbound_list_linkinglion", {},
            "Connections opened from addresses on the IP list linkinglion."),
    counter(conn_inbound_tor_exit, "peerobserver_conn_inbound_tor_exit", {},
            "Connections opened from addresses on the IP list tor_exit."),
    gauge(conn_inbound_current, "peerobserver_conn_inbound_current", {},
          "Inbound connections now. Absent until the first is opened."),
    counter(conn_outbound, "peerobserver_conn_outbound", {}, "Connections that the node opened."),
    gauge(conn_outbound_current, "peerobserver_conn_outbound_current", {},
          "Outbound connections now. Absent until the first is opened."),
    counter(conn_outbound_network, "peerobserver_conn_outbound_network", {label("network")},
            "Connections that the node opened, by Core's number of the network."),
    counter(conn_closed_network, "peerobserver_conn_closed_network", {label("network")},
            "Closed connections, by Core's number of the network."),
    counter(conn_closed, "peerobserver_conn_closed", {}, "Closed connections."),
    counter(conn_closed_age, "peerobserver_conn_closed_age", {},
            "Seconds that the closed connections had lasted, summed."),
    counter(conn_evicted_inbound, "peerobserver_conn_evicted_inbound", {},
            "Inbound connections that the node gave up for a new one."),
    counter(conn_misbehaving, "peerobserver_conn_misbehaving", {bounded("misbehavingmessage")},
            "Misbehaviour of peers, by Core's description. The label id is gone: it had no bound."),
    counter(conn_misbehaving_reason, "peerobserver_conn_misbehaving_reason", {bounded("misbehavingmessage")},
            "Misbehaviour of peers, by Core's description."),
    counter(conn_private_transaction_broadcast, "peerobserver_conn_private_transaction_broadcast", {},
            "Connections that the node opened to broadcast a transaction privately."),
    counter(p2p_inv_entries, "peerobserver_p2p_inv_entries", {kDirection, label("inv_type")},
            "Entries of inv messages."),
    histogram(p2p_inv_entries_histogram, "peerobserver_p2p_inv_entries_histogram", {kDirection},
              "Entries in an inv message.", kInvSizeBuckets),
    counter(p2p_invs_homogeneous, "peerobserver_p2p_invs_homogeneous", {kDirection},
            "Messages inv whose entries all have one type."),
    counter(p2p_invs_heterogeneous, "peerobserver_p2p_invs_heterogeneous", {kDirection},
            "Messages inv with entries of more than one type."),
    counter(p2p_invs_outbound_large, "peerobserver_p2p_invs_outbound_large", {},
            "Sent inv messages with more than 35 tx or more than 35 wtx entries."),
    counter(p2p_oldping_subnet, "peerobserver_p2p_oldping_subnet", {bounded("subnet")},
            "Received pings without a nonce, by the peer's /24 (IPv4) or /64 (IPv6)."),
    counter(p2p_version_useragent, "peerobserver_p2p_version_useragent", {bounded("useragent")},
            "Received version messages."),
    counter(p2p_feefilter_feerate, "peerobserver_p2p_feefilter_feerate", {kDirection, bounded("feerate")},
            "Messages feefilter, by the fee rate in sat/kvB."),
    counter(p2p_reject_message, "peerobserver_p2p_reject_message", {bounded("rejectcommand"), bounded("rejectreason")},
            "Received reject messages."),
    counter(mempool_added, "peerobserver_mempool_added", {}, "Transactions added to the mempool."),
    counter(mempool_added_vbytes, "peerobserver_mempool_added_vbytes", {},
            "Virtual bytes of the transactions added to the mempool."),
    counter(mempool_replaced, "peerobserver_mempool_replaced", {}, "Transactions that were replaced in the mempool."),
    counter(mempool_replaced_vbytes, "peerobserver_mempool_replaced_vbytes", {},
            "Virtual bytes of the transactions that were replaced."),
    counter(mempool_rejected, "peerobserver_mempool_rejected", {bounded("reason")},
            "Transactions that the mempool did not accept, by Core's reason."),
    counter(mempool_removed, "peerobserver_mempool_removed", {bounded("reason")},
            "Transactions removed from the mempool, by Core's reason."),
    gauge(validation_block_connected_latest_height, "peerobserver_validation_block_connected_latest_height", {},
          "Height of the block connected last."),
    gauge(validation_block_connected_latest_connection_time,
          "peerobserver_validation_block_connected_latest_connection_time", {},
          "Microseconds that it took to connect the last block."),
    gauge(validation_block_connected_latest_sigops, "peerobserver_validation_block_connected_latest_sigops", {},
          "Signature operation cost of the block connected last."),
    gauge(validation_block_connected_latest_inputs, "peerobserver_validation_block_connected_latest_inputs", {},
          "Inputs of the block connected last."),
    gauge(validation_block_connected_latest_transactions, "peerobserver_validation_block_connected_latest_transactions",
          {}, "Transactions of the block connected last."),
    counter(validation_block_connected_connection_time, "peerobserver_validation_block_connected_connection_time", {},
            "Microseconds that it took to connect blocks, summed."),
});

constexpr auto kNewDefinitions = std::to_array<Definition>({
    counter(conn_inbound_listed_total, "peerobserver_conn_inbound_listed_total", {label("list")},
            "Connections opened from addresses on an IP list, by the name of the list."),
    counter(p2p_message_undecodable_total, "peerobserver_p2p_message_undecodable_total", {kMessage, kDirection},
            "P2P messages whose payload could not be decoded."),
    counter(p2p_messages_processed_total, "peerobserver_p2p_messages_processed_total", {kMessage},
            "P2P messages that the node has processed. Patched nodes only."),
    counter(p2p_message_processing_seconds_total, "peerobserver_p2p_message_processing_seconds_total", {kMessage},
            "Time that the node's message thread spent in processing messages. Patched nodes only."),
    counter(addrman_attempts_total, "peerobserver_addrman_attempts_total", {label("table"), label("result")},
            "Attempts to enter an address in a table of the address manager: new inserted, new not_inserted, tried "
            "inserted. Patched nodes only."),
    counter(orphans_added_total, "peerobserver_orphans_added_total", {},
            "Transactions without known parents that were kept. Patched nodes only."),
    counter(orphans_removed_total, "peerobserver_orphans_removed_total", {},
            "Transactions without known parents that were let go. Patched nodes only."),
    gauge(orphans, "peerobserver_orphans", {},
          "Transactions without known parents that the node holds. Patched nodes only."),
    gauge(orphans_weight, "peerobserver_orphans_weight", {},
          "Weight units of the transactions without known parents that the node holds. Patched nodes only."),
    counter(events_total, "peerobserver_events_total", {}, "Events received."),
    counter(events_lost_total, "peerobserver_events_lost_total", {label("cause")},
            "Events that did not arrive: the extractor's ring_full, too_big and event_too_large (and unknown, for a "
            "cause that this version does not know), and sequence_gap between publisher and this tool."),
    counter(sequence_gaps_total, "peerobserver_sequence_gaps_total", {},
            "Places in a publisher's sequence of events at which some are missing."),
    counter(unparsable_events_total, "peerobserver_unparsable_events_total", {},
            "Events that are not valid protobuf messages, and were skipped."),
    counter(unknown_events_total, "peerobserver_unknown_events_total", {},
            "Events of a kind that this version does not know, and skipped: the publisher is newer."),
    histogram(
        event_latency_seconds, "peerobserver_event_latency_seconds", {},
        "Time from the moment at which a probe fired to the event's arrival here, by the clocks of both machines.",
        kLatencyBuckets),
    gauge(last_event_age_seconds, "peerobserver_last_event_age_seconds", {}, "Time since the last event arrived."),
    gauge(publishers_up, "peerobserver_publishers_up", {},
          "Publishers of this node that were heard within the last 15 seconds."),
    counter(label_values_folded_total, "peerobserver_label_values_folded_total", {label("metric"), label("label")},
            "Values of a label that gave way to others and were added to the value other."),
    of_tool(gauge(configured_sources, "peerobserver_configured_sources", {},
                  "Publishers that this tool is to connect to.")),
    of_tool(gauge(ip_list_entries, "peerobserver_ip_list_entries", {label("list")},
                  "Addresses and networks that were read from an IP list.")),
    of_tool(gauge(ip_list_bad_lines, "peerobserver_ip_list_bad_lines", {label("list")},
                  "Lines of an IP list that are neither an address nor a network.")),
    of_tool(counter(ip_list_reloads_total, "peerobserver_ip_list_reloads_total", {label("result")},
                    "Times that IP lists were read again on SIGHUP: success, or failure of at least one file.")),
});

constexpr auto kDefinitions = [] {
    static_assert(kTracepointDefinitions.size() + kRpcDefinitions.size() + kNewDefinitions.size() == kMetricCount);
    std::array<Definition, kMetricCount> all{};
    auto next = std::ranges::copy(kTracepointDefinitions, all.begin()).out;
    next = std::ranges::copy(kRpcDefinitions, next).out;
    std::ranges::copy(kNewDefinitions, next);
    return all;
}();
static_assert([] {
    for (std::size_t i = 0; i < kDefinitions.size(); ++i)
        if (static_cast<std::size_t>(kDefinitions[i].metric) != i) return false;
    return true;
}());

} // namespace

std::span<const Definition> definitions() { return kDefinitions; }

const Definition& definition(Metric metric) { return kDefinitions.at(static_cast<std::size_t>(metric)); }

std::string markdown_table(Metric first, Metric last)
{
    constexpr auto kTypes = std::to_array<std::string_view>({"counter", "gauge", "histogram"});
    std::string text = "| name | type | labels | meaning |\n| --- | --- | --- | --- |\n";
    for (const Definition& row : kDefinitions) {
        if (row.metric < first || row.metric >= last) continue;
        std::string labels = row.by_host ? "host" : "";
        for (const Label& label : row.labels) {
            if (label.name.empty()) continue;
            labels += fmt::format("{}{}{}", labels.empty() ? "" : ", ", label.name, label.bounded ? " ✂" : "");
        }
        text += fmt::format("| `{}` | {} | {} | {} |\n", row.name, kTypes.at(static_cast<std::size_t>(row.type)),
                            labels, row.help);
    }
    return text;
}

} // namespace peer_observer::metrics
