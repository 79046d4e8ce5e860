// From announcements to checks, and from checks to events: decides what is checked, when, and who is told.
#pragma once

#include "proto/event.pb.h"
#include "services/addr-connectivity/announcers.h"
#include "services/addr-connectivity/cache.h"
#include "services/addr-connectivity/counters.h"
#include "services/addr-connectivity/fair_queue.h"
#include "services/addr-connectivity/limits.h"
#include "services/addr-connectivity/policy.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace peer_observer::addr_connectivity {

struct IntakeOptions {
    LimitOptions limits;
    std::size_t queue = 20'000;
    std::chrono::seconds recheck{86'400}; ///< a quarter more or less, at random
    Announcers::Options announcers;
    std::shared_ptr<asmap::AutonomousSystems> systems; ///< null without an asmap
};

class Intake {
public:
    using Publish = std::function<void(const proto::Event&)>;

    /// The others outlive it.
    Intake(const IntakeOptions& options, const Policy& policy, Cache& cache, Counters& counters, Publish publish);

    void announced(const Process& process, const proto::Address& address, const proto::Announcement& announcement);
    void gone(const Process& process, std::int64_t peer_id) { announcers_.gone(process, peer_id); }
    void ended(const Address& address, proto::AddressChecked found);

    /// The addresses to be checked now: as many as the limits allow. The end of each check is told to ended().
    std::vector<Address> start_checks(Clock::time_point now);
    /// Reports what is due. Call it every 100 ms or so.
    void tick(Clock::time_point now);
    /// The last reports.
    void close();

    bool idle() const { return pending_.empty(); }

private:
    struct Pending {
        proto::AddressChecked report; ///< with the address and the announcements
        std::vector<Announcers::Id> waiting;
    };

    void known(const Address& address, Announcers::Id announcer, const Known& known);
    void join(Pending& pending, const Address& address, Announcers::Id announcer,
              const proto::Announcement& announcement);
    void refuse(const Address& address, Announcers::Id announcer, NotChecked reason);
    void drop(const Address& address, NotChecked reason);
    void remember(const Address& address, const proto::AddressChecked& found);
    void publish(proto::AnnouncerReachability account);
    void publish(const proto::AddrConnectivity& event);
    void update_gauges();

    IntakeOptions options_;
    const Policy& policy_;
    Cache& cache_;
    Counters& counters_;
    Publish publish_;
    TargetLimits limits_;
    Clock::time_point next_look_{};
    WindowLimit announced_;
    FairQueue queue_;
    std::map<Address, Pending> pending_; ///< queued or in flight
    Announcers announcers_;
    std::mt19937_64 random_;
};

} // namespace peer_observer::addr_connectivity
