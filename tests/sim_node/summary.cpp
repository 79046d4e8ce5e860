#include "tests/sim_node/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <string_view>

namespace peer_observer::sim_node {
namespace {

using Counts = std::map<std::string, std::uint64_t, std::less<>>;

void count(Counts& counts, std::string_view name, std::uint64_t by)
{
    const auto found = counts.find(name);
    if (found != counts.end()) {
        found->second += by;
    } else {
        counts.emplace(name, by);
    }
}

std::string quoted(std::string_view text)
{
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + '"';
}

std::string object(const Counts& counts)
{
    std::string result;
    for (const auto& [name, value] : counts) {
        result += fmt::format("{}{}: {}", result.empty() ? "" : ", ", quoted(name), value);
    }
    return "{" + result + "}";
}

} // namespace

void Summary::count_fired(const Call& call)
{
    ++fired;
    ++by_probe[static_cast<std::size_t>(call.probe)];
    if (call.is_message())
        count(call.probe == Probe::net_inbound_message ? inbound : outbound, call.arguments[3].text, 1);
}

void Summary::add(const Summary& other)
{
    calls += other.calls;
    fired += other.fired;
    thread_ns += other.thread_ns;
    slowest_ns = std::max(slowest_ns, other.slowest_ns);
    for (std::size_t i = 0; i < kProbeCount; ++i)
        by_probe[i] += other.by_probe[i];
    for (const auto& [name, value] : other.inbound)
        count(inbound, name, value);
    for (const auto& [name, value] : other.outbound)
        count(outbound, name, value);
}

std::string Summary::json(double seconds) const
{
    Counts tracepoints;
    for (std::size_t i = 0; i < kProbeCount; ++i) {
        if (by_probe[i] > 0) count(tracepoints, kProbes[i].name, by_probe[i]);
    }
    const double ns_per_call = calls == 0 ? 0 : static_cast<double>(thread_ns) / static_cast<double>(calls);
    return fmt::format(R"({{"seconds": {:.6f}, "calls": {}, "fired": {}, "ns_per_call": {:.1f}, "slowest_ns": {}, )"
                       R"("tracepoints": {}, "inbound": {}, "outbound": {}}})",
                       seconds, calls, fired, ns_per_call, slowest_ns, object(tracepoints), object(inbound),
                       object(outbound));
}

} // namespace peer_observer::sim_node
