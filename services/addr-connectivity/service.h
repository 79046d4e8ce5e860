// The running service: receives events, checks addresses, publishes what it finds, all on one thread.
#pragma once

#include "libs/app/app.h"
#include "libs/app/bad_events.h"
#include "libs/bus/publisher.h"
#include "libs/bus/subscriber.h"
#include "services/addr-connectivity/announcements.h"
#include "services/addr-connectivity/checker.h"
#include "services/addr-connectivity/intake.h"
#include "services/addr-connectivity/resolver.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace peer_observer::addr_connectivity {

struct DnsOptions {
    std::vector<std::string> servers; ///< IP:PORT each
    struct Seed {
        std::string name;
        std::uint16_t port = 0;
    };
    std::vector<Seed> seeds;
    std::chrono::nanoseconds seed_interval{};
    bool ptr_names = false; ///< of the hosts with which TCP was connected
};

struct ServiceOptions {
    CheckerOptions checker;
    IntakeOptions intake;
    DnsOptions dns;
};

class Service {
public:
    /// The others outlive it.
    Service(const ServiceOptions& options, const Policy& policy, Cache& cache, Counters& counters,
            bus::Subscriber& subscriber, bus::Publisher& publisher);

    /// Until it is to stop. Checks that are in progress then have no result; all others are reported and remembered.
    /// `look_after` is called several times per second.
    void run(app::Context& context, const std::function<void()>& look_after);

    const app::BadEvents& bad_events() const { return bad_events_; }

private:
    void receive();
    void ask_seeds(Clock::time_point now);
    void checked(const Address& address, proto::AddressChecked found);
    void seed_answered(const DnsOptions::Seed& seed, const Resolver::Answer& answer);
    std::chrono::milliseconds time_to_wait(Clock::time_point now) const;
    void flush_cache();

    ServiceOptions options_;
    Cache& cache_;
    Counters& counters_;
    bus::Subscriber& subscriber_;
    bus::Publisher& publisher_;
    Clock::time_point next_seeds_{};
    bool cache_fails_ = false;
    Poller poller_;
    Intake intake_;
    AnnouncementReader reader_;
    events::EventReader events_;
    app::BadEvents bad_events_;
    std::unique_ptr<Checker> checker_;
    std::unique_ptr<Resolver> resolver_; ///< null without DNS servers
};

} // namespace peer_observer::addr_connectivity
