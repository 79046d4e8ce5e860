#include "services/addr-connectivity/intake.h"

#include "libs/base/clock.h"
#include "libs/base/host_port.h"

#include <algorithm>

namespace peer_observer::addr_connectivity {
namespace {

using proto::AddressChecked;
using proto::AnnouncerReachability;

constexpr int kMaxAnnouncements = 16; ///< in one event
/// How many queued addresses are looked at for one that may be checked now.
constexpr int kMaxLookedAt = 256;
constexpr auto kPause = std::chrono::milliseconds{10};
constexpr std::size_t kMaxAnnouncementEntries = 1'000'000;
/// A proxy that does not work is no reason to forget an address for a day.
constexpr std::chrono::seconds kRecheckAfterProxyError{600};

/// Whose turn and whose share it is: the announcing host. Many connections from one host do not get more.
std::string lane_of(const proto::Announcement& announcement)
{
    if (announcement.kind() == proto::Announcement::DNS_SEED) return "dns " + announcement.dns_seed();
    return announcer_key(announcement.peer_address());
}

} // namespace

Intake::Intake(const IntakeOptions& options, const Policy& policy, Cache& cache, Counters& counters, Publish send)
    : options_{options}, policy_{policy}, cache_{cache}, counters_{counters}, publish_{std::move(send)},
      limits_{options.limits, options.systems.get()},
      announced_{options.limits.per_announcer, options.limits.span, kMaxAnnouncementEntries}, queue_{options.queue},
      announcers_{options.announcers, [this](const AnnouncerReachability& account) { publish(account); }},
      random_{std::random_device{}()}
{
    const auto now = Clock::now();
    const auto now_s = base::unix_s();
    const auto span_s = std::chrono::duration_cast<std::chrono::seconds>(options_.limits.span).count();
    for (const auto& [address, checked_s] : cache_.checked_since(now_s - span_s))
        limits_.remember(address, now - std::chrono::seconds{std::max<std::int64_t>(0, now_s - checked_s)});
    update_gauges();
}

void Intake::announced(const Process& process, const proto::Address& announced, const proto::Announcement& announcement)
{
    const auto kind = static_cast<std::size_t>(announcement.kind());
    const auto announcer = announcers_.add(process, announcement);
    const auto address = to_address(announced);
    if (!address) {
        ++counters_.announcements[kUnknownNetwork].at(kind);
        ++counters_.not_checked[kUnknownNetwork][AnnouncerReachability::NOT_CONNECTABLE];
        announcers_.follow_unconnectable(announcer);
        return;
    }
    const auto network = index(address->network);
    ++counters_.announcements[network].at(kind);
    if (const auto refusal = policy_.refusal(*address)) return refuse(*address, announcer, *refusal);
    if (const auto* earlier = cache_.find(*address, base::unix_s())) return known(*address, announcer, *earlier);
    if (const auto found = pending_.find(*address); found != pending_.end()) {
        ++counters_.already_queued[network];
        return join(found->second, *address, announcer, announcement);
    }

    const auto now = Clock::now();
    const auto lane = lane_of(announcement);
    if (!announced_.allows(lane, now)) return refuse(*address, announcer, AnnouncerReachability::PEER_LIMIT);
    if (limits_.verdict(*address, now) == TargetLimits::Verdict::no)
        return refuse(*address, announcer, AnnouncerReachability::TARGET_LIMIT);
    auto& pending = pending_[*address];
    *pending.report.mutable_address() = announced;
    join(pending, *address, announcer, announcement);
    const auto gone = queue_.push(lane, *address);
    if (gone) drop(*gone, AnnouncerReachability::QUEUE_FULL);
    if (gone != address) announced_.add(lane, now);
}

void Intake::known(const Address& address, Announcers::Id announcer, const Known& known)
{
    ++counters_.already_known[index(address.network)];
    if (announcers_.follow(announcer, address)) announcers_.checked(announcer, known.result, known.connected, false);
}

void Intake::join(Pending& pending, const Address& address, Announcers::Id announcer,
                  const proto::Announcement& announcement)
{
    pending.report.set_announcement_count(pending.report.announcement_count() + 1);
    if (pending.report.announcements_size() < kMaxAnnouncements) *pending.report.add_announcements() = announcement;
    if (!announcers_.follow(announcer, address)) return;
    announcers_.wait(announcer);
    pending.waiting.push_back(announcer);
}

void Intake::refuse(const Address& address, Announcers::Id announcer, NotChecked reason)
{
    ++counters_.not_checked.at(index(address.network)).at(static_cast<std::size_t>(reason));
    if (announcers_.follow(announcer, address)) announcers_.not_checked(announcer, reason, false);
}

void Intake::drop(const Address& address, NotChecked reason)
{
    ++counters_.not_checked.at(index(address.network)).at(static_cast<std::size_t>(reason));
    for (const auto announcer : pending_.at(address).waiting)
        announcers_.not_checked(announcer, reason, true);
    pending_.erase(address);
}

std::vector<Address> Intake::start_checks(Clock::time_point now)
{
    std::vector<Address> started;
    if (now < next_look_) return started;
    std::vector<FairQueue::Item> later;
    const auto in_flight = limits_.in_flight();
    for (int looked_at = 0; looked_at < kMaxLookedAt && limits_.any_may_start(now); ++looked_at) {
        auto item = queue_.pop();
        if (!item) break;
        switch (limits_.verdict(item->address, now)) {
        case TargetLimits::Verdict::no:
            drop(item->address, AnnouncerReachability::TARGET_LIMIT);
            break;
        case TargetLimits::Verdict::later:
            later.push_back(std::move(*item));
            break;
        case TargetLimits::Verdict::now:
            limits_.started(item->address, now);
            started.push_back(item->address);
            break;
        }
    }
    for (auto& item : later)
        queue_.put_back(item);
    // Where all of them have to wait, another look at once would only use up the CPU.
    if (!later.empty() && limits_.in_flight() == in_flight) next_look_ = now + kPause;
    counters_.in_flight = limits_.in_flight();
    counters_.queued = queue_.size();
    return started;
}

void Intake::ended(const Address& address, AddressChecked found)
{
    limits_.ended(address);
    const auto node = pending_.extract(address);
    const auto& pending = node.mapped();
    const auto network = index(address.network);
    const auto kind = pending.report.announcements_size() > 0 ? pending.report.announcements(0).kind() : 0;
    ++counters_.checks.at(network).at(static_cast<std::size_t>(found.result())).at(static_cast<std::size_t>(kind));
    const bool connected = found.has_connect_duration_ns();
    if (connected) {
        ++counters_.connects[network];
        counters_.connect_ns[network] += static_cast<std::uint64_t>(found.connect_duration_ns());
    }
    if (found.has_version_duration_ns()) {
        ++counters_.versions[network];
        counters_.version_ns[network] += static_cast<std::uint64_t>(found.version_duration_ns());
    }
    remember(address, found);
    for (const auto announcer : pending.waiting) {
        if (found.result() == AddressChecked::LOCAL_ERROR) {
            announcers_.not_checked(announcer, AnnouncerReachability::FAILED_HERE, true);
        } else {
            announcers_.checked(announcer, found.result(), connected, true);
        }
    }
    if (const auto asn = mapped_as(address, options_.systems.get())) found.set_mapped_as(asn);
    proto::AddrConnectivity event;
    found.MergeFrom(pending.report);
    *event.mutable_address_checked() = std::move(found);
    publish(event);
}

void Intake::remember(const Address& address, const AddressChecked& found)
{
    if (found.result() == AddressChecked::LOCAL_ERROR) return;
    auto seconds = options_.recheck.count();
    if (found.result() == AddressChecked::PROXY_ERROR) seconds = std::min(seconds, kRecheckAfterProxyError.count());
    std::uniform_real_distribution<double> jitter{0.75, 1.25};
    const auto now_s = base::unix_s();
    cache_.put(address,
               {.result = found.result(),
                .connected = found.has_connect_duration_ns(),
                .checked_s = now_s,
                .recheck_s = now_s + static_cast<std::int64_t>(static_cast<double>(seconds) * jitter(random_))});
}

void Intake::tick(Clock::time_point now)
{
    announcers_.tick(now);
    update_gauges();
}

void Intake::close() { announcers_.close(); }

void Intake::publish(AnnouncerReachability account)
{
    if (options_.systems) {
        const auto asn = options_.systems->find(base::host_of(account.peer_address()));
        if (asn != 0) account.set_mapped_as(asn);
    }
    proto::AddrConnectivity event;
    *event.mutable_announcer_reachability() = std::move(account);
    publish(event);
}

void Intake::publish(const proto::AddrConnectivity& connectivity)
{
    proto::Event event;
    event.set_timestamp_ns(base::unix_ns());
    *event.mutable_addr_connectivity() = connectivity;
    publish_(event);
}

void Intake::update_gauges()
{
    counters_.in_flight = limits_.in_flight();
    counters_.queued = queue_.size();
    counters_.queue_lanes = queue_.lanes();
    counters_.cached = cache_.size();
    counters_.announcers = announcers_.size();
    counters_.remembered_checks = limits_.entries();
}

} // namespace peer_observer::addr_connectivity
