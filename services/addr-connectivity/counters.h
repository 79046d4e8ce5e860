// What is counted. Written by the one thread that does the work, read by the metrics endpoint's.
#pragma once

#include "proto/addr_connectivity.pb.h"
#include "services/addr-connectivity/address.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace peer_observer::addr_connectivity {

using Counter = std::atomic<std::uint64_t>;

inline constexpr std::size_t kKinds = proto::Announcement::Kind_ARRAYSIZE;
inline constexpr std::size_t kResults = proto::AddressChecked::Result_ARRAYSIZE;
inline constexpr std::size_t kReasons = proto::AnnouncerReachability::NotChecked_ARRAYSIZE;
/// For announcements of what nobody could connect to.
inline constexpr std::size_t kUnknownNetwork = kNetworkCount;
inline constexpr std::size_t kNetworkLabels = kNetworkCount + 1;

/// Several of these are indexed by network first.
struct Counters {
    std::array<std::array<Counter, kKinds>, kNetworkLabels> announcements{};
    std::array<Counter, kNetworkLabels> already_known{};
    std::array<Counter, kNetworkLabels> already_queued{};
    std::array<std::array<Counter, kReasons>, kNetworkLabels> not_checked{};
    std::array<std::array<std::array<Counter, kKinds>, kResults>, kNetworkCount> checks{};
    std::array<Counter, kNetworkCount> connects{};
    std::array<Counter, kNetworkCount> connect_ns{};
    std::array<Counter, kNetworkCount> versions{};
    std::array<Counter, kNetworkCount> version_ns{};
    Counter cache_errors{};
    Counter seed_lookups{};
    Counter failed_seed_lookups{};
    // Now.
    Counter queued{};
    Counter queue_lanes{};
    Counter in_flight{};
    Counter cached{};
    Counter announcers{};
    Counter remembered_checks{};
};

} // namespace peer_observer::addr_connectivity
