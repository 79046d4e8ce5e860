// The addresses that peers announced, and which of them answered.
#pragma once

#include "libs/web/state/latest.h"
#include "libs/web/state/limits.h"
#include "proto/event.pb.h"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace peer_observer::web {

class Addresses {
public:
    struct Known {
        proto::Address::Network network = proto::Address::UNKNOWN;
        std::uint32_t announcements = 0;
        std::uint64_t nodes = 0; ///< a bit for each that heard of it, by node_bit()
        bool is_checked = false;
        bool is_reachable = false;
    };
    struct Check {
        std::uint64_t timestamp_ns = 0;
        proto::AddressChecked check; ///< without version and announcements
    };

    void announced(const proto::Addresses& addresses, const std::string& node);
    void checked(const proto::AddressChecked& check, std::uint64_t timestamp_ns);

    /// Of the first 64 nodes; 0 for others, and for those that nothing was announced to.
    std::uint64_t node_bit(std::string_view node) const;
    std::uint64_t announcements() const { return announcements_; }
    const Latest<std::string, Known>& known() const { return known_; } ///< by address, without port
    const std::map<int, std::uint64_t>& results() const { return results_; }
    const std::deque<Check>& latest_checks() const { return latest_checks_; } ///< oldest first

private:
    std::uint64_t announcements_ = 0;
    std::vector<std::string> nodes_;
    Latest<std::string, Known> known_{kMaxAddresses};
    std::map<int, std::uint64_t> results_; ///< by AddressChecked.Result
    std::deque<Check> latest_checks_;
};

} // namespace peer_observer::web
