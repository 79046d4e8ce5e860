// Helpers of the tests about former false alarms and blind spots.
#pragma once

#include "services/detector/testing/robustness.h"

#include <algorithm>
#include <cmath>

namespace peer_observer::detector::testing {

inline void ping(Script& script, std::int64_t id, const char* address)
{
    const Bytes nonce = payloads::nonce(7);
    script.emit(calls::net_inbound_message(id, address, "inbound", "ping", nonce.size(), nonce.data()));
}

/// A peer announces fifty transactions, is asked for them, and leaves after so many seconds; four times.
inline void announce_and_leave(Script& script, double after_s)
{
    for (int i = 0; i < 4; ++i) {
        sim_node::Connection peer{script, kHost};
        peer.shake_hands();
        const Bytes items = inventory(Inventory::wtx, hashes(script, 50));
        peer.receive("inv", items).send("getdata", items);
        script.wait(after_s);
        peer.close();
    }
}

/// The node announces to one peer by Core's own timer (INBOUND_INVENTORY_BROADCAST_INTERVAL, 5 s on average), at most
/// so many at a time (INVENTORY_BROADCAST_TARGET), while so many transactions a second come.
inline void announce_for_900_s(Script& script, double per_second, std::size_t most)
{
    sim_node::Connection peer{script, kHost};
    peer.shake_hands().receive("inv", inventory(Inventory::wtx, hashes(script, 1)));
    double waiting = 0;
    for (double elapsed = 0; elapsed < 900;) {
        const double pause = -5 * std::log(1 - script.random.below(1'000'000U) / 1e6);
        script.wait(pause);
        elapsed += pause;
        waiting += pause * per_second;
        const auto now = std::min(static_cast<std::size_t>(waiting), most);
        waiting -= static_cast<double>(now);
        if (now > 0) peer.send("inv", inventory(Inventory::wtx, hashes(script, now)));
    }
}

} // namespace peer_observer::detector::testing
