#include "services/addr-connectivity/limits.h"

#include <algorithm>

namespace peer_observer::addr_connectivity {
namespace {

void decrement(std::map<std::string, std::size_t>& counts, const std::string& key)
{
    const auto found = counts.find(key);
    if (found != counts.end() && --found->second == 0) counts.erase(found);
}

std::size_t count(const std::map<std::string, std::size_t>& counts, const std::string& key)
{
    const auto found = counts.find(key);
    return found == counts.end() ? 0 : found->second;
}

} // namespace

void WindowLimit::expire(Clock::time_point now)
{
    while (!times_.empty() && now - times_.front().time >= span_)
        forget_oldest();
}

void WindowLimit::forget_oldest()
{
    const auto entry = times_.front().count;
    times_.pop_front();
    if (--entry->second == 0) counts_.erase(entry);
}

bool WindowLimit::allows(const std::string& key, Clock::time_point now)
{
    expire(now);
    return count(counts_, key) < limit_;
}

void WindowLimit::add(const std::string& key, Clock::time_point time)
{
    const auto entry = counts_.try_emplace(key).first;
    ++entry->second;
    times_.push_back({time, entry});
    while (times_.size() > max_entries_)
        forget_oldest();
}

TargetLimits::TargetLimits(const LimitOptions& options, const asmap::AutonomousSystems* systems)
    : options_{options}, systems_{systems}, rate_{options.per_second, std::chrono::seconds{1}, options.per_second},
      hosts_{options.per_host, options.span, kMaxRememberedChecks},
      netgroups_{options.per_netgroup, options.span, kMaxRememberedChecks},
      systems_checked_{options.per_as, options.span, kMaxRememberedChecks}
{}

std::string TargetLimits::as_key(const Address& address) const
{
    const auto asn = mapped_as(address, systems_);
    return asn == 0 ? "" : std::to_string(asn);
}

bool TargetLimits::any_may_start(Clock::time_point now)
{
    return in_flight_ < options_.in_flight && now >= next_start_ && rate_.allows("", now);
}

TargetLimits::Verdict TargetLimits::verdict(const Address& address, Clock::time_point now)
{
    const auto host = host_key(address);
    const auto netgroup = netgroup_key(address);
    const auto as = as_key(address);
    if (!hosts_.allows(host, now) || (!netgroup.empty() && !netgroups_.allows(netgroup, now)) ||
        (!as.empty() && !systems_checked_.allows(as, now)))
        return Verdict::no;
    if (count(in_flight_by_host_, host) > 0) return Verdict::later;
    if (!netgroup.empty() && count(in_flight_by_netgroup_, netgroup) >= options_.netgroup_in_flight)
        return Verdict::later;
    if (!as.empty() && count(in_flight_by_as_, as) >= options_.as_in_flight) return Verdict::later;
    return Verdict::now;
}

void TargetLimits::started(const Address& address, Clock::time_point now)
{
    remember(address, now);
    rate_.add("", now);
    ++in_flight_;
    ++in_flight_by_host_[host_key(address)];
    if (const auto netgroup = netgroup_key(address); !netgroup.empty()) ++in_flight_by_netgroup_[netgroup];
    if (const auto as = as_key(address); !as.empty()) {
        ++in_flight_by_as_[as];
        as_in_flight_[address] = as;
    }
    // Evenly over the second; what was left out in the last 50 ms is caught up with.
    next_start_ = std::max(next_start_, now - std::chrono::milliseconds{50}) +
                  Clock::duration{std::chrono::seconds{1}} / static_cast<int>(options_.per_second);
}

void TargetLimits::ended(const Address& address)
{
    --in_flight_;
    decrement(in_flight_by_host_, host_key(address));
    decrement(in_flight_by_netgroup_, netgroup_key(address));
    if (const auto as = as_in_flight_.extract(address)) decrement(in_flight_by_as_, as.mapped());
}

void TargetLimits::remember(const Address& address, Clock::time_point time)
{
    hosts_.add(host_key(address), time);
    if (const auto netgroup = netgroup_key(address); !netgroup.empty()) netgroups_.add(netgroup, time);
    if (const auto as = as_key(address); !as.empty()) systems_checked_.add(as, time);
}

} // namespace peer_observer::addr_connectivity
