#include "services/addr-connectivity/service.h"

#include "libs/base/clock.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace peer_observer::addr_connectivity {
namespace {

using namespace std::chrono_literals;

/// How long a signal or a new event may have to wait.
constexpr auto kLongestWait = 10ms;
constexpr auto kLongestIdleWait = 50ms;
/// For receiving, before sockets are looked after again.
constexpr auto kReceiveTime = 20ms;
constexpr auto kTick = 100ms;
constexpr auto kSlowTick = 1s;
constexpr std::size_t kMaxPtrQueries = 1000;

} // namespace

Service::Service(const ServiceOptions& options, const Policy& policy, Cache& cache, Counters& counters,
                 bus::Subscriber& subscriber, bus::Publisher& publisher)
    : options_{options}, cache_{cache}, counters_{counters}, subscriber_{subscriber}, publisher_{publisher},
      intake_{options.intake, policy, cache, counters,
              [this](const proto::Event& event) {
                  if (!publisher_.add(event.SerializeAsString()))
                      spdlog::warn("an event is larger than what the bus takes, and was left out");
              }},
      checker_{std::make_unique<Checker>(
          poller_, options.checker,
          [this](const Address& address, proto::AddressChecked found) { checked(address, std::move(found)); })}
{
    if (!options.dns.servers.empty()) resolver_ = std::make_unique<Resolver>(poller_, options.dns.servers);
}

void Service::run(app::Context& context, const std::function<void()>& look_after)
{
    auto next_tick = Clock::now();
    auto next_slow_tick = next_tick;
    context.ready();
    while (!context.stopping()) {
        auto now = Clock::now();
        ask_seeds(now);
        for (const auto& address : intake_.start_checks(now))
            checker_->start(address);
        poller_.wait(time_to_wait(now));
        checker_->work();
        if (resolver_) resolver_->work();
        receive();
        now = Clock::now();
        if (now >= next_tick) {
            next_tick = now + kTick;
            intake_.tick(now);
            look_after();
            context.alive(fmt::format("{} checks in progress, {} addresses waiting, {} results known",
                                      counters_.in_flight.load(), counters_.queued.load(), cache_.size()));
        }
        if (now >= next_slow_tick) {
            next_slow_tick = now + kSlowTick;
            flush_cache();
        }
        publisher_.flush();
    }
    resolver_.reset(); // what waits for a name is published without
    checker_.reset();
    intake_.close();
    publisher_.flush();
    flush_cache();
}

std::chrono::milliseconds Service::time_to_wait(Clock::time_point now) const
{
    if (intake_.idle() && (!resolver_ || resolver_->in_flight() == 0)) return 0ms; // receive() waits
    const auto latest = now + kLongestWait;
    return std::chrono::ceil<std::chrono::milliseconds>(
        std::max(std::min(checker_->deadline().value_or(latest), latest) - now, Clock::duration{}));
}

void Service::receive()
{
    const bool idle = intake_.idle() && (!resolver_ || resolver_->in_flight() == 0);
    const auto end = Clock::now() + kReceiveTime;
    do {
        const auto received = subscriber_.receive(idle ? std::chrono::milliseconds{kLongestIdleWait} : 0ms);
        if (!received) return;
        events_.each(
            *received,
            [&](const auto& event, const auto&) {
                const auto found = reader_.read(received->node, received->publisher_id, event);
                for (const auto& announced : found.announced)
                    intake_.announced(found.process, *announced.address, announced.announcement);
                if (found.gone_peer_id) intake_.gone(found.process, *found.gone_peer_id);
            },
            [&](const auto& bad) { bad_events_.add(*received, bad); });
    } while (Clock::now() < end);
}

void Service::ask_seeds(Clock::time_point now)
{
    if (!resolver_ || options_.dns.seeds.empty() || now < next_seeds_) return;
    next_seeds_ = now + options_.dns.seed_interval;
    for (const auto& seed : options_.dns.seeds)
        resolver_->addresses_of(seed.name, [this, &seed](const auto& answer) { seed_answered(seed, answer); });
}

void Service::seed_answered(const DnsOptions::Seed& seed, const Resolver::Answer& answer)
{
    ++counters_.seed_lookups;
    if (answer.addresses.empty()) {
        ++counters_.failed_seed_lookups;
        spdlog::warn("DNS seed {}: {}", seed.name, answer.error);
    }
    proto::Announcement announcement;
    announcement.set_kind(proto::Announcement::DNS_SEED);
    announcement.set_timestamp_ns(base::unix_ns());
    announcement.set_dns_seed(seed.name);
    for (const auto& ip : answer.addresses)
        if (const auto address = to_address(ip, seed.port)) intake_.announced({}, to_proto(*address), announcement);
}

void Service::checked(const Address& address, proto::AddressChecked found)
{
    const bool ask = options_.dns.ptr_names && resolver_ && found.has_connect_duration_ns() &&
                     (address.network == Network::ipv4 || address.network == Network::ipv6) &&
                     resolver_->in_flight() < kMaxPtrQueries;
    if (!ask) return intake_.ended(address, std::move(found));
    resolver_->name_of(host_text(address), [this, address, found](std::string name) mutable {
        found.set_ptr_name(std::move(name));
        intake_.ended(address, std::move(found));
    });
}

void Service::flush_cache()
{
    const auto error = cache_.flush();
    if (!error.empty()) ++counters_.cache_errors;
    if (!error.empty() && !cache_fails_) spdlog::warn("{}; retrying", error);
    if (error.empty() && cache_fails_) spdlog::warn("the cache file can be written again");
    cache_fails_ = !error.empty();
}

} // namespace peer_observer::addr_connectivity
