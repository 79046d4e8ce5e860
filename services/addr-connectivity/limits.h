// How often and how many at a time: what keeps the checker from being aimed at somebody.
#pragma once

#include "libs/asmap/autonomous_systems.h"
#include "services/addr-connectivity/address.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace peer_observer::addr_connectivity {

using Clock = std::chrono::steady_clock;

/// At most so many of each key within any span of that length. Exact: remembers every one, up to `max_entries`.
class WindowLimit {
public:
    /// Beyond `max_entries` of all keys, the oldest are forgotten.
    WindowLimit(std::size_t limit, Clock::duration span, std::size_t max_entries)
        : limit_{limit}, span_{span}, max_entries_{max_entries}
    {}

    bool allows(const std::string& key, Clock::time_point now);
    /// `time` is not before that of an earlier call.
    void add(const std::string& key, Clock::time_point time);
    std::size_t entries() const { return times_.size(); }

private:
    void expire(Clock::time_point now);
    void forget_oldest();

    struct Entry {
        Clock::time_point time;
        std::map<std::string, std::size_t>::iterator count;
    };

    std::size_t limit_;
    Clock::duration span_;
    std::size_t max_entries_;
    std::deque<Entry> times_;
    std::map<std::string, std::size_t> counts_;
};

/// Numbers above 0.
struct LimitOptions {
    std::size_t in_flight = 200;
    std::size_t per_second = 20;
    Clock::duration span = std::chrono::hours{1}; ///< of the next four
    std::size_t per_host = 4;
    std::size_t per_netgroup = 256;
    std::size_t per_as = 1024; ///< where an asmap is given
    std::size_t per_announcer = 1200;
    std::size_t netgroup_in_flight = 8; ///< a host has one
    std::size_t as_in_flight = 32;
};

/// What is remembered of an hour's checks: `per_second` times `span` must not be more.
inline constexpr std::size_t kMaxRememberedChecks = 1'000'000;

/// Limits of checks. Hosts, netgroups: see host_key(), netgroup_key(). Autonomous systems: by the operator's asmap.
class TargetLimits {
public:
    /// `systems` may be null.
    explicit TargetLimits(const LimitOptions& options, const asmap::AutonomousSystems* systems = nullptr);

    /// Whether one more check may start, of whatever address.
    bool any_may_start(Clock::time_point now);
    /// When any_may_start() is worth another call, if it is the rate that it failed for.
    Clock::time_point next_start() const { return next_start_; }

    enum class Verdict : std::uint8_t {
        now,
        later, ///< a check in flight is in the way
        no,    ///< its host, netgroup or AS has had its checks
    };
    Verdict verdict(const Address& address, Clock::time_point now);

    void started(const Address& address, Clock::time_point now);
    void ended(const Address& address);
    /// A check that an earlier process made. To be called before started(), the oldest first.
    void remember(const Address& address, Clock::time_point time);

    std::size_t in_flight() const { return in_flight_; }
    std::size_t entries() const { return hosts_.entries() + netgroups_.entries() + systems_checked_.entries(); }

private:
    /// Empty where it is not known.
    std::string as_key(const Address& address) const;

    LimitOptions options_;
    const asmap::AutonomousSystems* systems_;
    WindowLimit rate_;
    WindowLimit hosts_;
    WindowLimit netgroups_;
    WindowLimit systems_checked_;
    Clock::time_point next_start_{};
    std::size_t in_flight_ = 0;
    std::map<std::string, std::size_t> in_flight_by_host_;
    std::map<std::string, std::size_t> in_flight_by_netgroup_;
    std::map<std::string, std::size_t> in_flight_by_as_;
    std::map<Address, std::string> as_in_flight_; ///< of each check: the asmap may be another one when it ends
};

} // namespace peer_observer::addr_connectivity
