// What was fired while somebody listened, and how long it took.
#pragma once

#include "tests/sim_node/probes.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>

namespace peer_observer::sim_node {

struct Summary {
    std::uint64_t calls = 0; ///< whether somebody listened or not
    std::uint64_t fired = 0; ///< while somebody listened
    std::uint64_t thread_ns = 0;
    std::uint64_t slowest_ns = 0; ///< 0 where calls are not timed one by one
    std::array<std::uint64_t, kProbeCount> by_probe{};
    std::map<std::string, std::uint64_t, std::less<>> inbound;
    std::map<std::string, std::uint64_t, std::less<>> outbound;

    void count_fired(const Call& call);
    void add(const Summary& other);
    /// One JSON object on one line; probes that were not fired are left out.
    std::string json(double seconds) const;
};

} // namespace peer_observer::sim_node
