// The metrics peerobserver_p2pextractor_*: what a peer sees of the node.
#pragma once

#include "proto/p2p_extractor.pb.h"
#include "services/metrics/p2p/names.h"
#include "services/metrics/p2p_extractor/block_delays.h"
#include "services/metrics/series/direction.h"

#include <array>
#include <cstdint>

namespace peer_observer::metrics {

class P2pExtractor {
public:
    explicit P2pExtractor(NodeRegistry& registry);

    /// False for an event that is not known here.
    bool observe(const proto::P2pExtractor& event, std::int64_t time_ns);
    BlockDelays& block_delays() { return block_delays_; }
    void flush();

private:
    void observe(const proto::AddressesReceived& addresses);
    void observe(const proto::InventoryReceived& inventory);
    void ended(const proto::NodeConnection& connection, proto::EndReason reason);

    NodeRegistry& registry_;
    OptionalGauge last_ping_;
    std::array<Counter*, kNetworkNames.size() + 1> addresses_{}; ///< by network; the last one: unknown
    Counter& address_messages_;
    Counter& small_address_messages_;
    OptionalGauge last_addresses_;
    std::array<Counter*, kInvTypes.size()> items_{};
    Counter& invs_;
    OptionalGauge last_inv_;
    Counter& fee_filters_;
    OptionalGauge last_fee_filter_;
    DirectionHistograms pings_;
    std::array<Gauge*, 2> ping_waiting_; ///< by direction
    DirectionHistograms handshakes_;
    Counter& not_found_;
    BlockDelays block_delays_;
};

} // namespace peer_observer::metrics
