// The rows of the table of metrics that come from the p2p-extractor.
#pragma once

#include "services/metrics/series/definition.h"

#include <array>

namespace peer_observer::metrics {

/// In seconds: what a peer waits for a node, from an idle one to one that does not answer.
inline constexpr auto kWaitBuckets = std::to_array<double>(
    {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300});
/// In seconds, on both sides of the moment at which a block was connected.
inline constexpr auto kAroundBuckets = std::to_array<double>(
    {-10, -5, -2.5, -1, -0.5, -0.25, -0.1, -0.05, -0.01, 0, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10});

/// Under the names that existing dashboards query. Ours are among the others of this tool.
inline constexpr auto kP2pExtractorDefinitions = std::to_array<Definition>({
    gauge("peerobserver_p2pextractor_ping_duration_nanoseconds", {},
          "Round trip of the last ping that the node answered, in nanoseconds."),
    counter("peerobserver_p2pextractor_addrv2relay_addresses", {label("network")},
            "Addresses that the node sent to the p2p-extractor, by network."),
    counter("peerobserver_p2pextractor_addrv2relay_messages", {}, "Messages with such addresses: addr and addrv2."),
    counter("peerobserver_p2pextractor_addrv2relay_messages_10_or_less_entries", {},
            "Those of them with at most ten addresses, as nodes relay them."),
    gauge("peerobserver_p2pextractor_addrv2relay_size", {}, "Addresses in the last of them."),
    counter("peerobserver_p2pextractor_invs_items", {label("inv_type")},
            "Entries of the inv messages that the node sent to the p2p-extractor, by type."),
    counter("peerobserver_p2pextractor_invs_messages", {}, "Such inv messages."),
    gauge("peerobserver_p2pextractor_invs_size", {}, "Entries of the last of them."),
    counter("peerobserver_p2pextractor_feefilter_messages", {},
            "feefilter messages that the node sent to the p2p-extractor."),
    gauge("peerobserver_p2pextractor_feefilter_last", {}, "The last fee rate of them, in sat/kvB."),
});

} // namespace peer_observer::metrics
