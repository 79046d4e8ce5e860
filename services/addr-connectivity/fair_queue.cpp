#include "services/addr-connectivity/fair_queue.h"

namespace peer_observer::addr_connectivity {

std::optional<Address> FairQueue::push(const std::string& announcer, Address address)
{
    std::optional<Address> gone;
    if (size_ >= capacity_) {
        const auto lane = lanes_.find(announcer);
        const auto length = lane == lanes_.end() ? 0 : lane->second.addresses.size();
        if (by_length_.empty() || length >= by_length_.rbegin()->first) return address;
        gone = take(lanes_.find(by_length_.rbegin()->second), true);
    }
    append(announcer, address);
    return gone;
}

std::optional<FairQueue::Item> FairQueue::pop()
{
    if (turns_.empty()) return std::nullopt;
    const auto lane = lanes_.find(turns_.front());
    turns_.splice(turns_.end(), turns_, turns_.begin());
    std::string announcer = lane->first;
    return Item{std::move(announcer), take(lane, false)};
}

void FairQueue::put_back(const Item& item) { append(item.announcer, item.address); }

void FairQueue::append(const std::string& announcer, Address address)
{
    const auto [lane, is_new] = lanes_.try_emplace(announcer);
    if (is_new) lane->second.turn = turns_.insert(turns_.end(), announcer);
    by_length_.erase({lane->second.addresses.size(), announcer});
    lane->second.addresses.push_back(address);
    by_length_.emplace(lane->second.addresses.size(), announcer);
    ++size_;
}

Address FairQueue::take(Lanes::iterator lane, bool newest)
{
    auto& addresses = lane->second.addresses;
    by_length_.erase({addresses.size(), lane->first});
    const Address address = newest ? addresses.back() : addresses.front();
    if (newest) {
        addresses.pop_back();
    } else {
        addresses.pop_front();
    }
    --size_;
    if (addresses.empty()) {
        turns_.erase(lane->second.turn);
        lanes_.erase(lane);
    } else {
        by_length_.emplace(addresses.size(), lane->first);
    }
    return address;
}

} // namespace peer_observer::addr_connectivity
