// The metrics of single messages about a connection: version, ping, feefilter, reject.
#pragma once

#include "proto/p2p.pb.h"
#include "services/metrics/series/bounded_counters.h"
#include "services/metrics/series/direction.h"

#include <array>
#include <string_view>

namespace peer_observer::metrics {

class Session {
public:
    explicit Session(NodeRegistry& registry);

    /// A received one.
    void observe_version(const proto::Version& version);
    /// A received one. `host`: the peer's address without the port.
    void observe_ping(const proto::Ping& ping, std::string_view host);
    void observe_feefilter(const proto::FeeFilter& feefilter, Direction direction);
    void observe_reject(const proto::Reject& reject)
    {
        rejects_.at(reject.message_type(), reject.reason())[0].Increment();
    }

private:
    BoundedCounters user_agents_;
    Counter& private_broadcasts_;
    std::array<Counter*, 5> ping_values_; ///< by the bytes that the nonce needs: 0, 1, 2, 4, 8
    BoundedCounters old_pings_;
    BoundedCounters fee_rates_;
    BoundedCounters rejects_;
};

} // namespace peer_observer::metrics
