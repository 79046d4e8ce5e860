// A bounded queue that is fair between those who fill it.
#pragma once

#include "services/addr-connectivity/address.h"

#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace peer_observer::addr_connectivity {

/// Each announcer has a lane. Lanes take turns; where there is no room, the longest lane loses its newest address.
class FairQueue {
public:
    explicit FairQueue(std::size_t capacity) : capacity_{capacity} {}

    /// Returns what had to go: nothing, an address of the longest lane, or `address` itself.
    std::optional<Address> push(const std::string& announcer, Address address);

    struct Item {
        std::string announcer;
        Address address;
    };
    /// The next one, of the lane whose turn it is.
    std::optional<Item> pop();
    /// Puts what was popped, and cannot be used yet, at the end of its lane. Needs no room that pop() did not make.
    void put_back(const Item& item);

    std::size_t size() const { return size_; }
    std::size_t lanes() const { return lanes_.size(); }

private:
    struct Lane {
        std::deque<Address> addresses;
        std::list<std::string>::iterator turn;
    };
    using Lanes = std::map<std::string, Lane>;

    void append(const std::string& announcer, Address address);
    Address take(Lanes::iterator lane, bool newest);

    std::size_t capacity_;
    std::size_t size_ = 0;
    Lanes lanes_;
    std::list<std::string> turns_;
    std::set<std::pair<std::size_t, std::string>> by_length_;
};

} // namespace peer_observer::addr_connectivity
