// Calls with all that their arguments point to, kept to be played again and again.
#pragma once

#include "tests/sim_node/player.h"
#include "tests/sim_node/probes.h"

#include <bitset>
#include <cstdint>
#include <vector>

namespace peer_observer::sim_node {

class Recording {
public:
    void add(const Call& call);
    const std::vector<Call>& calls() const { return calls_; }

private:
    std::vector<Call> calls_;
    std::vector<Bytes> memory_;
};

/// The first `calls` calls of the session that are of these probes. Making a call takes longer than firing it; whoever
/// needs more calls a second than a session gives plays these over and over.
Recording record_session(std::uint64_t seed, std::uint64_t calls, const std::bitset<kProbeCount>& only);

} // namespace peer_observer::sim_node
