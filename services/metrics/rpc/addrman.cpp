#include "services/metrics/rpc/addrman.h"

#include "services/metrics/series/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::metrics {
namespace {

using Table = google::protobuf::Map<std::string, proto::AddrManEntry>;
using CountsByText = std::map<std::string, std::uint64_t>;

constexpr std::int64_t kHour_s = 3600;
constexpr std::int64_t kDay_s = 24 * kHour_s;
// AddrInfo::IsTerrible of Core's addrman.cpp, as far as a time tells.
constexpr std::int64_t kHorizon_s = 30 * kDay_s;
constexpr std::int64_t kTolerance_s = 600;

constexpr std::array kQuantiles = {0.1, 0.25, 0.5, 0.75, 0.9};
constexpr std::array kAges_s = {kHour_s,     6 * kHour_s, kDay_s,      3 * kDay_s, 7 * kDay_s,
                                14 * kDay_s, 30 * kDay_s, 60 * kDay_s, 90 * kDay_s};

std::string shown_network(const proto::AddrManEntry& entry)
{
    return entry.has_network() ? entry.network() : "unknown";
}

void show_kinds(std::string_view name, const Table& table, Snapshot& gauges)
{
    CountsByText ports;
    CountsByText services;
    CountsByText networks;
    std::array<std::uint64_t, 64> bits{};
    for (const auto& [place, entry] : table) {
        ++networks[shown_network(entry)];
        if (entry.has_port()) ++ports[std::to_string(entry.port())];
        if (!entry.has_services()) continue;
        ++services[std::to_string(entry.services())];
        for (std::size_t bit = 0; bit < bits.size(); ++bit)
            bits[bit] += entry.services() >> bit & 1U;
    }
    gauges.set_counts(metric("rpc_getrawaddrman_ports"), ports, {name});
    gauges.set_counts(metric("rpc_getrawaddrman_services"), services, {name});
    for (std::size_t bit = 0; bit < bits.size(); ++bit)
        if (bits[bit] > 0)
            gauges.set(metric("rpc_getrawaddrman_service_bits"), static_cast<double>(bits[bit]),
                       {name, std::to_string(bit)});
    gauges.set_counts(metric("rpc_getrawaddrman_entries"), networks, {name});
}

void show_origins(std::string_view name, const Table& table, Snapshot& gauges)
{
    std::set<std::uint32_t> asns;
    std::set<std::uint32_t> source_asns;
    std::set<std::string_view> sources;
    for (const auto& [place, entry] : table) {
        if (entry.mapped_as() != 0) asns.insert(entry.mapped_as());
        if (entry.source_mapped_as() != 0) source_asns.insert(entry.source_mapped_as());
        if (entry.has_source()) sources.insert(entry.source());
    }
    if (table.empty() || !sources.empty()) // an answer that is too large for an event comes without sources
        gauges.set(metric("rpc_getrawaddrman_distinct_sources"), static_cast<double>(sources.size()), {name});
    if (!asns.empty()) gauges.set(metric("rpc_getrawaddrman_distinct_asns"), static_cast<double>(asns.size()), {name});
    if (!source_asns.empty())
        gauges.set(metric("rpc_getrawaddrman_distinct_source_asn"), static_cast<double>(source_asns.size()), {name});
}

void show_ages(std::string_view name, const Table& table, std::int64_t now_s, Snapshot& gauges)
{
    std::vector<double> ages;
    CountsByText terrible;
    std::map<std::int64_t, CountsByText> future{{0, {}}, {kTolerance_s, {}}};
    for (const auto& [place, entry] : table) {
        const auto network = shown_network(entry);
        // There with 0, so that what was none is seen to become one.
        auto& terrible_here = terrible[network];
        for (auto& [offset, counts] : future)
            counts[network];
        if (!entry.has_time()) continue;
        const double age = static_cast<double>(now_s) - static_cast<double>(entry.time());
        ages.push_back(std::max(age, 0.0));
        if (age > kHorizon_s || -age > kTolerance_s) ++terrible_here;
        for (auto& [offset, counts] : future)
            if (-age > static_cast<double>(offset)) ++counts[network];
    }
    std::ranges::sort(ages);
    if (!ages.empty()) {
        for (const double q : kQuantiles)
            gauges.set(metric("rpc_getrawaddrman_entry_age_seconds"), quantile_of_sorted(ages, q),
                       {name, fmt::format("{}", q)});
    }
    for (const auto age : kAges_s) {
        const auto count = std::ranges::upper_bound(ages, static_cast<double>(age)) - ages.begin();
        gauges.set(metric("rpc_getrawaddrman_entry_age_seconds_bucket"), static_cast<double>(count),
                   {name, std::to_string(age)});
    }
    gauges.set(metric("rpc_getrawaddrman_entry_age_seconds_bucket"), static_cast<double>(ages.size()), {name, "+Inf"});
    gauges.set_counts(metric("rpc_getrawaddrman_terrible_entries"), terrible, {name});
    for (const auto& [offset, counts] : future)
        for (const auto& [network, count] : counts)
            gauges.set(metric("rpc_getrawaddrman_future_entries"), static_cast<double>(count),
                       {name, network, std::to_string(offset)});
}

} // namespace

void RpcAddrMan::observe(const proto::RawAddrMan& tables, std::int64_t time_s, Snapshot& gauges)
{
    std::size_t index = 0;
    for (const auto& [name, table] : {std::pair{"new", &tables.new_()}, std::pair{"tried", &tables.tried()}}) {
        show_kinds(name, *table, gauges);
        show_origins(name, *table, gauges);
        show_ages(name, *table, time_s, gauges);
        count_changes(name, *table, last_.at(index++));
    }
}

void RpcAddrMan::count_changes(std::string_view name, const Table& table, std::optional<Places>& last)
{
    double added = 0;
    double replaced = 0;
    double services = 0;
    double times = 0;
    Places places;
    places.reserve(table.size());
    const std::hash<std::string> hash;
    for (const auto& [place, entry] : table) {
        const Entry here{hash(fmt::format("{} {}", entry.address(), entry.port())), entry.services(), entry.time()};
        const auto place_hash = hash(place);
        places.emplace(place_hash, here);
        if (!last) continue; // the first answer shows what there is, not what has come
        const auto found = last->find(place_hash);
        if (found == last->end()) {
            ++added;
        } else if (found->second.address != here.address) {
            ++replaced;
        } else {
            services += found->second.services == here.services ? 0 : 1;
            times += found->second.time == here.time ? 0 : 1;
        }
    }
    registry_.counter(metric("rpc_getrawaddrman_added_entry"), {name}).Increment(added);
    registry_.counter(metric("rpc_getrawaddrman_replaced_entry"), {name}).Increment(replaced);
    registry_.counter(metric("rpc_getrawaddrman_changed_services"), {name}).Increment(services);
    registry_.counter(metric("rpc_getrawaddrman_changed_timestamps"), {name}).Increment(times);
    last = std::move(places);
}

} // namespace peer_observer::metrics
