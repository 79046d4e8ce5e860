#include "services/addr-connectivity/announcers.h"

#include <algorithm>
#include <random>

namespace peer_observer::addr_connectivity {

Announcers::Announcers(const Options& options, Report report)
    : options_{options}, report_{std::move(report)}, seed_{std::to_string(std::random_device{}())}
{}

Announcers::Id Announcers::add(const Process& process, const proto::Announcement& announcement)
{
    const Key key{process, announcement.peer_id(), announcement.peer_address(), announcement.dns_seed()};
    const auto known = by_key_.find(key);
    if (known != by_key_.end()) {
        auto& announcer = announcers_.at(known->second);
        by_use_.splice(by_use_.end(), by_use_, announcer.by_use);
        announcer.account.set_announcements(announcer.account.announcements() + 1);
        announcer.changed = true;
        return known->second;
    }
    if (announcers_.size() >= options_.announcers) forget(by_use_.front());
    const auto id = next_id_++;
    by_key_.emplace(key, id);
    auto& announcer = announcers_[id];
    announcer.key = key;
    announcer.by_use = by_use_.insert(by_use_.end(), id);
    announcer.next_report = Clock::now() + options_.interval;
    auto& account = announcer.account;
    account.set_node(announcement.node());
    account.set_peer_id(announcement.peer_id());
    account.set_peer_address(announcement.peer_address());
    account.set_connection_type(announcement.connection_type());
    account.set_dns_seed(announcement.dns_seed());
    account.set_first_announcement_ns(announcement.timestamp_ns());
    account.set_announcements(1);
    return id;
}

bool Announcers::follow(Id id, const Address& address)
{
    auto& announcer = announcers_.at(id);
    if (announcer.addresses.size() >= options_.addresses) return false;
    const auto hash = std::hash<std::string>{}(seed_ + to_string(address));
    const auto place = std::ranges::lower_bound(announcer.addresses, hash);
    if (place != announcer.addresses.end() && *place == hash) return false;
    announcer.addresses.insert(place, hash);
    announcer.account.set_addresses(announcer.account.addresses() + 1);
    return true;
}

void Announcers::follow_unconnectable(Id id)
{
    change(id, [&](Announcer& announcer) {
        if (announcer.account.addresses() >= options_.addresses) return;
        announcer.account.set_addresses(announcer.account.addresses() + 1);
        ++announcer.not_checked[proto::AnnouncerReachability::NOT_CONNECTABLE];
    });
}

void Announcers::wait(Id id)
{
    change(id, [](Announcer& announcer) { announcer.account.set_waiting(announcer.account.waiting() + 1); });
}

void Announcers::checked(Id id, proto::AddressChecked::Result result, bool connected, bool has_waited)
{
    change(id, [&](Announcer& announcer) {
        auto& account = announcer.account;
        if (has_waited) account.set_waiting(account.waiting() - 1);
        account.set_checked(account.checked() + 1);
        if (result == proto::AddressChecked::OK) account.set_reachable(account.reachable() + 1);
        if (connected) account.set_connected(account.connected() + 1);
        ++announcer.results[result];
    });
}

void Announcers::not_checked(Id id, NotChecked reason, bool has_waited)
{
    change(id, [&](Announcer& announcer) {
        if (has_waited) announcer.account.set_waiting(announcer.account.waiting() - 1);
        ++announcer.not_checked[reason];
    });
}

void Announcers::change(Id id, const std::function<void(Announcer&)>& change)
{
    const auto found = announcers_.find(id);
    if (found == announcers_.end()) return; // forgotten meanwhile
    change(found->second);
    found->second.changed = true;
}

void Announcers::gone(const Process& process, std::int64_t peer_id)
{
    // Keys of one peer stand together; more than one only where a number was used again.
    for (auto entry = by_key_.lower_bound({process, peer_id, "", ""}); entry != by_key_.end(); ++entry) {
        if (std::get<0>(entry->first) != process || std::get<1>(entry->first) != peer_id) return;
        auto& announcer = announcers_.at(entry->second);
        announcer.gone = true;
        announcer.changed = true;
    }
}

void Announcers::tick(Clock::time_point now)
{
    std::vector<Id> ended;
    for (auto& [id, announcer] : announcers_) {
        if (announcer.gone && announcer.account.waiting() == 0) {
            ended.push_back(id);
        } else if (announcer.changed && announcer.next_report <= now) {
            announcer.next_report = now + options_.interval;
            report(announcer, false);
        }
    }
    for (const auto id : ended)
        forget(id);
}

void Announcers::close()
{
    while (!announcers_.empty())
        forget(announcers_.begin()->first);
}

void Announcers::forget(Id id)
{
    const auto found = announcers_.find(id);
    report(found->second, true);
    by_key_.erase(found->second.key);
    by_use_.erase(found->second.by_use);
    announcers_.erase(found);
}

void Announcers::report(Announcer& announcer, bool last)
{
    auto& account = announcer.account;
    account.set_last(last);
    account.clear_results();
    for (const auto& [result, count] : announcer.results) {
        auto* entry = account.add_results();
        entry->set_result(static_cast<proto::AddressChecked::Result>(result));
        entry->set_count(count);
    }
    account.clear_not_checked();
    for (const auto& [reason, count] : announcer.not_checked) {
        auto* entry = account.add_not_checked();
        entry->set_reason(static_cast<NotChecked>(reason));
        entry->set_count(count);
    }
    announcer.changed = false;
    report_(account);
}

} // namespace peer_observer::addr_connectivity
