// What is counted of one node, for the metrics endpoint, which reads from another thread.
#pragma once

#include "proto/p2p_extractor.pb.h"

#include <array>
#include <atomic>
#include <cstdint>

namespace peer_observer::p2p_extractor {

struct Figures {
    using Count = std::atomic<std::uint64_t>;

    Count connections = 0; ///< now, those in the handshake included
    Count handshakes = 0;  ///< that were completed
    Count messages = 0;    ///< received
    Count bytes = 0;       ///< received
    Count pings = 0;       ///< sent
    Count pongs = 0;       ///< to these
    Count unexpected_pongs = 0;
    Count refused = 0; ///< connections beyond those that one listening address takes
    /// How long the ping that has waited longest has been waiting; 0 if none does.
    Count ping_waiting_ns = 0;
    std::array<Count, proto::EndReason_ARRAYSIZE> ended{}; ///< connections and attempts, by EndReason
};

} // namespace peer_observer::p2p_extractor
