// What sim_node can play besides a session: for tests and benchmarks of one property each.
#pragma once

#include "tests/sim_node/player.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace peer_observer::sim_node {

struct Flood {
    std::string message_type;
    Bytes payload;
    bool numbered = true;           ///< the payload's first 8 bytes, if there are as many, become the message's number
    std::uint64_t threads = 1;      ///< each fires settings.events messages, numbered from 0, as a peer of its own
    std::uint64_t peer_step = 1;    ///< thread i is peer i * peer_step
    std::string host = "127.0.0.1"; ///< of thread i's address, whose port is 8333 + i
};

/// Inbound messages and nothing else. The rate is that of all threads together.
Summary play_flood(const Flood& flood, PlayerSettings settings, const std::atomic<bool>& stopping);

/// Calls of several probes in turn; each carries its number, counted from 0, in one argument (README.md says which).
void play_order(Player& player, const std::bitset<kProbeCount>& only);

/// The probes that play_order() takes if it may take any: those that an extractor attaches to unasked.
std::bitset<kProbeCount> default_order_probes();

enum class Fault : std::uint8_t {
    unreadable,      ///< the payload's page may not be read
    not_resident,    ///< the payload's page is not in memory
    unreadable_text, ///< the address's page may not be read
    too_big,         ///< a payload of 4,000,001 bytes
};

/// Inbound messages, every second one with the fault; the first is good.
void play_fault(Player& player, Fault fault);

} // namespace peer_observer::sim_node
