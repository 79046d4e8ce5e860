#include "services/metrics/rpc/rpc.h"

#include "services/metrics/rpc/peers.h"
#include "services/metrics/rpc/scalars.h"

#include <fmt/format.h>

#include <algorithm>

namespace peer_observer::metrics {
namespace {

using namespace std::chrono_literals;

// Answers count as gone when none came for 2.5 times the longer of the last two intervals, at least for a minute;
// before there were two answers, for what the rarest calls need. The longer one: an extractor that restarts asks for
// everything at once.
constexpr std::chrono::steady_clock::duration kLeastPatience = 60s;
constexpr std::chrono::steady_clock::duration kFirstPatience = 300s;
constexpr std::size_t kMaxCalls = 64;

constexpr double kSatPerVbyte = 1e5; // of a BTC/kvB

/// Calls of one method with other parameters stand beside each other.
std::string call_of(const proto::Rpc& event)
{
    auto method = std::to_string(static_cast<int>(event.event_case()));
    if (!event.has_estimatesmartfee()) return method;
    const auto& estimate = event.estimatesmartfee();
    return fmt::format("{} {} {}", method, estimate.conf_target(), estimate.estimate_mode());
}

void show_addrman_info(const proto::AddrManInfo& info, Snapshot& gauges)
{
    for (const auto& [network, counts] : info.networks()) {
        if (counts.has_new_())
            gauges.set(metric("rpc_addrmaninfo"), static_cast<double>(counts.new_()), {network, "new"});
        if (counts.has_tried())
            gauges.set(metric("rpc_addrmaninfo"), static_cast<double>(counts.tried()), {network, "tried"});
        if (counts.has_total())
            gauges.set(metric("rpc_addrmaninfo"), static_cast<double>(counts.total()), {network, "total"});
    }
}

void show_networks(const proto::NetworkInfo& info, Snapshot& gauges)
{
    for (const auto& network : info.networks()) {
        if (network.has_limited())
            gauges.set(metric("rpc_networkinfo_networks"), network.limited(), {network.name(), "limited"});
        if (network.has_reachable())
            gauges.set(metric("rpc_networkinfo_networks"), network.reachable(), {network.name(), "reachable"});
    }
}

void show_estimate(const proto::SmartFeeEstimate& estimate, Snapshot& gauges)
{
    if (!estimate.has_feerate()) return;
    gauges.set(metric("rpc_estimatesmartfee_feerate"), estimate.feerate() * kSatPerVbyte,
               {std::to_string(estimate.conf_target()), estimate.estimate_mode()});
}

} // namespace

Rpc::Rpc(NodeRegistry& registry, const IpLists& lists)
    : registry_{registry}, lists_{lists}, orphans_{registry}, addrman_{registry}
{}

bool Rpc::observe(const proto::Rpc& event, std::int64_t time_s, TimePoint now)
{
    if (event.event_case() == proto::Rpc::EVENT_NOT_SET) return false;
    Snapshot& gauges = answer_of(call_of(event), now).gauges;
    show_scalars(event, gauges);
    switch (event.event_case()) {
    case proto::Rpc::kGetpeerinfo:
        show_peers(event.getpeerinfo(), lists_, gauges);
        break;
    case proto::Rpc::kGetaddrmaninfo:
        show_addrman_info(event.getaddrmaninfo(), gauges);
        break;
    case proto::Rpc::kGetnetworkinfo:
        show_networks(event.getnetworkinfo(), gauges);
        break;
    case proto::Rpc::kEstimatesmartfee:
        show_estimate(event.estimatesmartfee(), gauges);
        break;
    case proto::Rpc::kGetorphantxs:
        orphans_.observe(event.getorphantxs(), gauges);
        break;
    case proto::Rpc::kGetrawaddrman:
        addrman_.observe(event.getrawaddrman(), time_s, gauges);
        break;
    default: // the rest has scalars, or no metrics
        break;
    }
    gauges.finish();
    return true;
}

Rpc::Answer& Rpc::answer_of(const std::string& call, TimePoint now)
{
    const auto found = answers_.find(call);
    if (found != answers_.end()) {
        Answer& answer = found->second;
        const auto interval = now - std::exchange(answer.time, now);
        const auto longer = std::max(interval, std::exchange(answer.interval, interval));
        answer.patience = std::max(longer * 5 / 2, kLeastPatience);
        return answer;
    }
    if (answers_.size() >= kMaxCalls) {
        const auto oldest = std::ranges::min_element(answers_, {}, [](const auto& item) { return item.second.time; });
        oldest->second.gauges.finish();
        answers_.erase(oldest);
    }
    return answers_.emplace(call, Answer{Snapshot{registry_}, now, {}, kFirstPatience}).first->second;
}

void Rpc::tick(TimePoint now)
{
    for (auto item = answers_.begin(); item != answers_.end();) {
        if (now - item->second.time <= item->second.patience) {
            ++item;
        } else {
            item->second.gauges.finish();
            item = answers_.erase(item);
        }
    }
}

} // namespace peer_observer::metrics
