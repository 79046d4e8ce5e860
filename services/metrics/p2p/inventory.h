// The metrics of inv messages.
#pragma once

#include "proto/p2p.pb.h"
#include "services/metrics/p2p/names.h"
#include "services/metrics/series/direction.h"

namespace peer_observer::metrics {

class Inventory {
public:
    explicit Inventory(NodeRegistry& registry);

    void observe(const proto::Inventory& inv, Direction direction);
    void flush() { sizes_.flush(); }

private:
    std::array<std::array<Counter*, kInvTypes.size()>, 2> entries_{}; ///< by direction and type
    DirectionHistograms sizes_;
    DirectionCounters homogeneous_;
    DirectionCounters heterogeneous_;
    Counter& large_;
};

} // namespace peer_observer::metrics
