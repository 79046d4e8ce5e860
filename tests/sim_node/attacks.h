// What peer-observer-detector is to find, one script a kind.
#pragma once

#include "tests/sim_node/script.h"

#include <span>
#include <string_view>

namespace peer_observer::sim_node {

struct Attack {
    std::string_view kind;
    /// strength: 1 = the detector's default threshold; half of it must not be found, twice must.
    void (*play)(Script& script, double strength);
};

std::span<const Attack> attacks();

/// Likewise from many prefixes of 11.0.0.0/8, for a detector with an asmap in which that is one AS: 1 = the threshold
/// of an AS. Those who know of no AS find nothing, up to twice the threshold.
std::span<const Attack> spread_attacks();

/// Some ordinary peers, who shake hands and stay: the attacks have company.
void play_company(Script& script);

} // namespace peer_observer::sim_node
