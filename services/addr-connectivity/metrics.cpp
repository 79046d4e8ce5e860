#include "services/addr-connectivity/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace peer_observer::addr_connectivity {
namespace {

using telemetry::Labels;
using telemetry::MetricType;
using telemetry::Sample;
using telemetry::Telemetry;

using Samples = std::vector<Sample>;

std::string lower(std::string text)
{
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
    return text;
}

std::string kind_name(std::size_t i)
{
    return lower(proto::Announcement::Kind_Name(static_cast<proto::Announcement::Kind>(i)));
}

std::string result_name(std::size_t i)
{
    return lower(proto::AddressChecked::Result_Name(static_cast<proto::AddressChecked::Result>(i)));
}

std::string reason_name(std::size_t i)
{
    return lower(
        proto::AnnouncerReachability::NotChecked_Name(static_cast<proto::AnnouncerReachability::NotChecked>(i)));
}

std::string network_name(std::size_t i) { return std::string{i < kNetworkCount ? kNetworkNames.at(i) : "unknown"}; }

double number(const Counter& counter) { return static_cast<double>(counter.load()); }

Samples by_network(std::span<const Counter> counters, double unit = 1)
{
    Samples samples;
    for (std::size_t i = 0; i < counters.size(); ++i)
        samples.push_back({number(counters[i]) * unit, {{"network", network_name(i)}}});
    return samples;
}

/// Without the first value of the inner dimension, which is the unknown one.
template <std::size_t Networks, std::size_t Size>
Samples by_network_and(const std::array<std::array<Counter, Size>, Networks>& counters, const std::string& label,
                       std::string (*name)(std::size_t))
{
    Samples samples;
    for (std::size_t network = 0; network < Networks; ++network)
        for (std::size_t i = 1; i < Size; ++i)
            samples.push_back({number(counters[network][i]), {{"network", network_name(network)}, {label, name(i)}}});
    return samples;
}

Samples checks(const Counters& counters)
{
    Samples samples;
    for (std::size_t network = 0; network < kNetworkCount; ++network)
        for (std::size_t result = 1; result < kResults; ++result)
            for (std::size_t kind = 1; kind < kKinds; ++kind)
                samples.push_back(
                    {number(counters.checks[network][result][kind]),
                     {{"network", network_name(network)}, {"result", result_name(result)}, {"kind", kind_name(kind)}}});
    return samples;
}

Samples one(const Counter& counter) { return {{number(counter), {}}}; }

struct Row {
    const char* name;
    MetricType type;
    const char* labels;
    const char* help;
    Samples (*collect)(const Counters&);
};

constexpr auto kSecondsPerNs = 1e-9;

const std::array kRows = {
    Row{"announcements_total", MetricType::counter, "network, kind", "Announced addresses, including repetitions.",
        [](const Counters& c) { return by_network_and(c.announcements, "kind", kind_name); }},
    Row{"known_announcements_total", MetricType::counter, "network", "Announcements of addresses with a fresh result.",
        [](const Counters& c) { return by_network(c.already_known); }},
    Row{"queued_announcements_total", MetricType::counter, "network",
        "Announcements of addresses that are already queued or being checked.",
        [](const Counters& c) { return by_network(c.already_queued); }},
    Row{"not_checked_total", MetricType::counter, "network, reason",
        "Announcements that do not lead to a check, and addresses dropped from the queue, by reason.",
        [](const Counters& c) { return by_network_and(c.not_checked, "reason", reason_name); }},
    Row{"checks_total", MetricType::counter, "network, result, kind",
        "Finished checks. The kind is that of the first announcement.", checks},
    Row{"connects_total", MetricType::counter, "network", "Checks with a TCP connection.",
        [](const Counters& c) { return by_network(c.connects); }},
    Row{"connect_seconds_total", MetricType::counter, "network", "Time to connect by TCP, sum over those checks.",
        [](const Counters& c) { return by_network(c.connect_ns, kSecondsPerNs); }},
    Row{"versions_total", MetricType::counter, "network", "Checks that received a version message.",
        [](const Counters& c) { return by_network(c.versions); }},
    Row{"version_seconds_total", MetricType::counter, "network",
        "Time from the connection to the version message, sum over those checks.",
        [](const Counters& c) { return by_network(c.version_ns, kSecondsPerNs); }},
    Row{"in_flight", MetricType::gauge, "", "Checks in progress.", [](const Counters& c) { return one(c.in_flight); }},
    Row{"queued", MetricType::gauge, "", "Addresses queued for a check.",
        [](const Counters& c) { return one(c.queued); }},
    Row{"queue_lanes", MetricType::gauge, "", "Announcing hosts with queued addresses.",
        [](const Counters& c) { return one(c.queue_lanes); }},
    Row{"cached_results", MetricType::gauge, "", "Results in the cache, including stale ones.",
        [](const Counters& c) { return one(c.cached); }},
    Row{"announcers", MetricType::gauge, "", "Peers and DNS seeds whose announced addresses are tracked.",
        [](const Counters& c) { return one(c.announcers); }},
    Row{"remembered_checks", MetricType::gauge, "",
        "Check starts remembered for the limits per host, per netgroup and per AS, one for each limit.",
        [](const Counters& c) { return one(c.remembered_checks); }},
    Row{"cache_write_errors_total", MetricType::counter, "", "Failed writes to the cache file.",
        [](const Counters& c) { return one(c.cache_errors); }},
    Row{"dns_seed_lookups_total", MetricType::counter, "", "Answers of DNS seeds, including failures.",
        [](const Counters& c) { return one(c.seed_lookups); }},
    Row{"dns_seed_failures_total", MetricType::counter, "", "Lookups of DNS seeds that returned no address.",
        [](const Counters& c) { return one(c.failed_seed_lookups); }},
};

std::string full_name(const Row& row) { return fmt::format("peer_observer_addr_connectivity_{}", row.name); }

} // namespace

void add_metrics(Telemetry& telemetry, const Counters& counters)
{
    for (const auto& row : kRows)
        telemetry.add(full_name(row), row.help, row.type,
                      [&counters, collect = row.collect] { return collect(counters); });
}

std::string markdown_table()
{
    std::string table = "| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n";
    for (const auto& row : kRows)
        table += fmt::format("| `{}` | {} | {} | {} |\n", full_name(row),
                             row.type == MetricType::counter ? "counter" : "gauge", row.labels, row.help);
    return table;
}

} // namespace peer_observer::addr_connectivity
