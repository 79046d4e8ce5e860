// What is known of releases of Bitcoin Core: how they name themselves, and constants that differ between them. Each
// says in which file and function of Core it stands.
#pragma once

#include <optional>
#include <string_view>

namespace peer_observer::detector {

/// The release in `/Satoshi:27.1.0/...`, as thousands: 27001, or 21 for 0.21. Nothing for other clients.
std::optional<int> core_release(std::string_view user_agent);

/// Of a node's own version; of the newest release where it is not known, because newer nodes do more of everything.
struct CoreConstants {
    /// How many transactions a node announces to a peer at a time, unless 1,000 or more wait. net_processing.cpp,
    /// SendMessages(): INVENTORY_BROADCAST_TARGET, 5 s of 14 a second since v31 (bitcoin/bitcoin#28592), of 7 before.
    double inventory_broadcast_target = 70;
};

CoreConstants constants_of(std::optional<int> release);

} // namespace peer_observer::detector
