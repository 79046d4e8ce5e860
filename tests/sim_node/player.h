// Takes calls and fires or lists them, at the pace and up to the number that are asked for.
#pragma once

#include "tests/sim_node/probes.h"
#include "tests/sim_node/summary.h"

#include <atomic>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <cstdio>

namespace peer_observer::sim_node {

struct PlayerSettings {
    double rate = 0;                                                  ///< calls a second; 0: as fast as possible
    std::uint64_t events = 0;                                         ///< calls until done; 0: no limit
    double duration_s = 0;                                            ///< seconds until done; 0: no limit
    std::bitset<kProbeCount> only = std::bitset<kProbeCount>{}.set(); ///< other calls are left out, and not counted
    std::FILE* list = nullptr;                                        ///< write the calls to it instead of firing them
    bool time_each = true;                                            ///< costs two readings of the clock for a call
};

/// A call as one line: its probe and its arguments, with tabs between them. Hashes and payloads as hex in wire order.
std::string line(const Call& call);

class Player {
public:
    Player(const PlayerSettings& settings, const std::atomic<bool>& stopping);

    /// Waits until it is time, then fires. Does nothing once done.
    void play(const Call& call);
    bool done() const;
    const Summary& summary() const { return summary_; }

private:
    using Clock = std::chrono::steady_clock;

    void wait_for_turn();
    void fire_timed(const Call& call);

    PlayerSettings settings_;
    const std::atomic<bool>& stopping_;
    Clock::time_point start_ = Clock::now();
    bool out_of_time_ = false;
    Summary summary_;
};

} // namespace peer_observer::sim_node
