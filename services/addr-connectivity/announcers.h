// Keeps account of what has become of the addresses that each peer announced.
#pragma once

#include "proto/addr_connectivity.pb.h"
#include "services/addr-connectivity/address.h"
#include "services/addr-connectivity/limits.h"
#include "services/addr-connectivity/policy.h"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace peer_observer::addr_connectivity {

/// A run of a node, as one publisher tells of it. Each counts its peers from 0.
struct Process {
    std::string node;
    std::uint64_t publisher_id = 0;
    std::uint32_t pid = 0;
    std::uint64_t start_ms = 0;
    auto operator<=>(const Process&) const = default;
};

class Announcers {
public:
    using Report = std::function<void(const proto::AnnouncerReachability&)>;
    using Id = std::uint64_t;

    struct Options {
        std::size_t announcers = 4096; ///< beyond it, the one that was silent for longest is reported and forgotten
        std::size_t addresses = 1000;  ///< of one announcer
        Clock::duration interval = std::chrono::minutes{1};
    };

    Announcers(const Options& options, Report report);

    /// `process`: the one whose peer it is; none for a DNS seed.
    Id add(const Process& process, const proto::Announcement& announcement);

    /// Whether this address of the announcer's is followed from now on. It is not, where it was already, or where there
    /// are too many. Each that is gets one of the next three.
    bool follow(Id announcer, const Address& address);
    void wait(Id announcer);
    void checked(Id announcer, proto::AddressChecked::Result result, bool connected, bool has_waited);
    void not_checked(Id announcer, NotChecked reason, bool has_waited);
    /// One that nobody could connect to.
    void follow_unconnectable(Id announcer);

    void gone(const Process& process, std::int64_t peer_id);

    /// Reports what is due.
    void tick(Clock::time_point now);
    /// Reports all for the last time.
    void close();

    std::size_t size() const { return announcers_.size(); }

private:
    using Key = std::tuple<Process, std::int64_t, std::string, std::string>; ///< peer, its address, DNS seed

    struct Announcer {
        Key key;
        proto::AnnouncerReachability account;
        std::vector<std::uint64_t> addresses; ///< sorted hashes
        std::map<int, std::uint64_t> results;
        std::map<int, std::uint64_t> not_checked;
        bool changed = true;
        bool gone = false;
        Clock::time_point next_report{};
        std::list<Id>::iterator by_use;
    };

    void change(Id id, const std::function<void(Announcer&)>& change);
    void report(Announcer& announcer, bool last);
    void forget(Id id);

    Options options_;
    Report report_;
    Id next_id_ = 0;
    std::map<Id, Announcer> announcers_;
    std::map<Key, Id> by_key_;
    std::list<Id> by_use_; ///< longest ago first
    std::string seed_;
};

} // namespace peer_observer::addr_connectivity
