#include "services/metrics/rpc/peers.h"

#include "libs/base/host_port.h"
#include "libs/base/ip.h"
#include "services/metrics/series/statistics.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace peer_observer::metrics {
namespace {

using proto::PeerInfo;
using Peers = google::protobuf::RepeatedPtrField<PeerInfo>;

constexpr std::int64_t kLargeOffset_s = 10;
constexpr double kLongPingWait_s = 5;
constexpr double kOneSatPerVbyte = 0.00001; // in BTC/kvB

struct KnownList {
    std::string_view name;
    Metric metric;
};
constexpr std::array kKnownLists = {
    KnownList{"banlist_gmax", metric("rpc_peer_info_list_peers_gmax_ban")},
    KnownList{"banlist_monero", metric("rpc_peer_info_list_peers_monero_ban")},
    KnownList{"tor_exit", metric("rpc_peer_info_list_peers_tor_exit")},
    KnownList{"linkinglion", metric("rpc_peer_info_list_peers_linkinglion")},
    KnownList{"linkinglion_pre2026", metric("rpc_peer_info_list_peers_linkinglion_pre2026")},
};

double count(const Peers& peers, const auto& condition)
{
    return static_cast<double>(std::ranges::count_if(peers, condition));
}

std::optional<base::IpBytes> ip_of(const PeerInfo& peer) { return base::parse_ip(base::host_of(peer.addr())); }

void show_lists(const Peers& peers, const IpLists& lists, Snapshot& gauges)
{
    const auto on = [](const IpLists::List& list) {
        return [&list](const PeerInfo& peer) {
            const auto ip = ip_of(peer);
            return ip && list.addresses.contains(*ip);
        };
    };
    for (const auto& [name, metric] : kKnownLists)
        if (const auto* const list = lists.find(name)) gauges.set(metric, count(peers, on(*list)));
    if (const auto* const list = lists.find("bitprojects")) {
        for (const bool inbound : {true, false}) {
            const auto fits = [&](const PeerInfo& peer) { return peer.inbound() == inbound && on(*list)(peer); };
            gauges.set(metric("rpc_peer_info_list_peers_bitprojects"), count(peers, fits),
                       {inbound ? "inbound" : "outbound"});
        }
    }
}

void show_groups(const Peers& peers, Snapshot& gauges)
{
    const auto show = [&](Metric metric, const auto& group_of) {
        std::map<std::string, std::uint64_t> counts;
        for (const PeerInfo& peer : peers)
            if (const std::optional<std::string> group = group_of(peer)) ++counts[*group];
        gauges.set_counts(metric, counts);
    };
    using Group = std::optional<std::string>;
    show(metric("rpc_peer_info_transport_protocol_type_peers"), [](const PeerInfo& peer) {
        return peer.has_transport_protocol_type() ? Group{peer.transport_protocol_type()} : Group{};
    });
    show(metric("rpc_peer_info_network_peers"),
         [](const PeerInfo& peer) { return peer.has_network() ? Group{peer.network()} : Group{}; });
    show(metric("rpc_peer_info_connection_type_peers"),
         [](const PeerInfo& peer) { return peer.has_connection_type() ? Group{peer.connection_type()} : Group{}; });
    show(metric("rpc_peer_info_protocol_version_peers"),
         [](const PeerInfo& peer) { return peer.has_version() ? Group{std::to_string(peer.version())} : Group{}; });
    show(metric("rpc_peer_info_asn_peers"), [](const PeerInfo& peer) {
        return peer.mapped_as() != 0 ? Group{std::to_string(peer.mapped_as())} : Group{};
    });
}

void show_addresses(const Peers& peers, Snapshot& gauges)
{
    double limited = 0;
    double processed = 0;
    for (const PeerInfo& peer : peers) {
        limited += static_cast<double>(peer.addr_rate_limited());
        processed += static_cast<double>(peer.addr_processed());
    }
    gauges.set(metric("rpc_peer_info_addr_ratelimited_peers"),
               count(peers, [](const PeerInfo& peer) { return peer.addr_rate_limited() > 0; }));
    gauges.set(metric("rpc_peer_info_addr_ratelimited_total"), limited);
    gauges.set(metric("rpc_peer_info_addr_processed_total"), processed);
    gauges.set(metric("rpc_peer_info_addr_relay_enabled_peers"),
               count(peers, [](const PeerInfo& peer) { return peer.addr_relay_enabled(); }));
}

void show_counts(const Peers& peers, Snapshot& gauges)
{
    gauges.set(metric("rpc_peer_info_num_peers"), peers.size());
    gauges.set(metric("rpc_peer_info_timeoffset_plus10s"),
               count(peers, [](const PeerInfo& peer) { return peer.timeoffset() > kLargeOffset_s; }));
    gauges.set(metric("rpc_peer_info_timeoffset_minus10s"),
               count(peers, [](const PeerInfo& peer) { return peer.timeoffset() < -kLargeOffset_s; }));
    gauges.set(metric("rpc_peer_info_bip152_highbandwidth_to"),
               count(peers, [](const PeerInfo& peer) { return peer.bip152_hb_to(); }));
    gauges.set(metric("rpc_peer_info_bip152_highbandwidth_from"),
               count(peers, [](const PeerInfo& peer) { return peer.bip152_hb_from(); }));
    gauges.set(metric("rpc_peer_info_ping_wait_larger_5_seconds_block_peers"),
               count(peers, [](const PeerInfo& peer) { return peer.pingwait() > kLongPingWait_s; }));
    gauges.set(metric("rpc_peer_info_sub1satvb_relay"), count(peers, [](const PeerInfo& peer) {
                   return peer.relaytxes() && peer.has_minfeefilter() && peer.minfeefilter() < kOneSatPerVbyte &&
                          (peer.bytesrecv_per_msg().contains("tx") || peer.bytessent_per_msg().contains("tx"));
               }));
    std::set<std::int64_t> heights;
    for (const PeerInfo& peer : peers)
        heights.insert(peer.inflight().begin(), peer.inflight().end());
    gauges.set(metric("rpc_peer_info_inflight_block_peers"),
               count(peers, [](const PeerInfo& peer) { return !peer.inflight().empty(); }));
    gauges.set(metric("rpc_peer_info_inflight_distinct_blocks_heights"), static_cast<double>(heights.size()));
}

void show_diversity(const Peers& peers, Snapshot& gauges)
{
    double inbound = 0;
    std::set<std::pair<std::uint8_t, std::uint8_t>> networks;
    for (const PeerInfo& peer : peers) {
        const auto ip = ip_of(peer);
        if (!peer.inbound() || peer.network() != "ipv4" || !ip || !base::is_ipv4(*ip)) continue;
        ++inbound;
        networks.emplace((*ip)[12], (*ip)[13]);
    }
    if (inbound > 0)
        gauges.set(metric("rpc_peer_info_connection_divserity_inbound_ipv4"),
                   static_cast<double>(networks.size()) / inbound);
}

std::vector<double> values(const Peers& peers, const auto& value_of)
{
    std::vector<double> found;
    for (const PeerInfo& peer : peers)
        if (const std::optional<double> value = value_of(peer)) found.push_back(*value);
    return found;
}

/// Those above 0, in milliseconds.
std::optional<double> milliseconds(double seconds)
{
    return seconds > 0 ? std::optional{seconds * 1000} : std::nullopt;
}

void show_pings(const Peers& peers, Snapshot& gauges)
{
    const auto last = values(peers, [](const PeerInfo& peer) { return milliseconds(peer.pingtime()); });
    const auto least = values(peers, [](const PeerInfo& peer) { return milliseconds(peer.minping()); });
    if (!last.empty()) {
        gauges.set(metric("rpc_peer_info_ping_median"), median_of(last));
        gauges.set(metric("rpc_peer_info_ping_mean"), mean_of(last));
    }
    if (!least.empty()) {
        gauges.set(metric("rpc_peer_info_minping_median"), median_of(least));
        gauges.set(metric("rpc_peer_info_minping_mean"), mean_of(least));
    }
}

/// Sum, largest, median, mean and smallest, which are metrics one after the other.
void show_five(const std::vector<double>& numbers, const std::array<Metric, 5>& metrics, Snapshot& gauges)
{
    if (numbers.empty()) return;
    gauges.set(metrics[0], std::accumulate(numbers.begin(), numbers.end(), 0.0));
    gauges.set(metrics[1], std::ranges::max(numbers));
    gauges.set(metrics[2], median_of(numbers));
    gauges.set(metrics[3], mean_of(numbers));
    gauges.set(metrics[4], std::ranges::min(numbers));
}

} // namespace

void show_peers(const proto::PeerInfoList& list, const IpLists& lists, Snapshot& gauges)
{
    const Peers& peers = list.peers();
    show_lists(peers, lists, gauges);
    show_groups(peers, gauges);
    show_addresses(peers, gauges);
    show_counts(peers, gauges);
    show_diversity(peers, gauges);
    show_pings(peers, gauges);
    show_five(values(peers,
                     [](const PeerInfo& peer) {
                         return peer.relaytxes() && peer.has_inv_to_send()
                                    ? std::optional{static_cast<double>(peer.inv_to_send())}
                                    : std::nullopt;
                     }),
              {metric("rpc_peer_info_invtosend_sum"), metric("rpc_peer_info_invtosend_max"),
               metric("rpc_peer_info_invtosend_median"), metric("rpc_peer_info_invtosend_mean"),
               metric("rpc_peer_info_invtosend_min")},
              gauges);
    show_five(values(peers,
                     [](const PeerInfo& peer) {
                         return peer.cpu_load() > 0 ? std::optional{peer.cpu_load()} : std::nullopt;
                     }),
              {metric("rpc_peer_info_cpuload_sum"), metric("rpc_peer_info_cpuload_max"),
               metric("rpc_peer_info_cpuload_median"), metric("rpc_peer_info_cpuload_mean"),
               metric("rpc_peer_info_cpuload_min")},
              gauges);
}

} // namespace peer_observer::metrics
