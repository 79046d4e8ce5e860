// The metrics peerobserver_rpc_*.
#pragma once

#include "proto/rpc.pb.h"
#include "services/metrics/ip_lists/ip_lists.h"
#include "services/metrics/rpc/addrman.h"
#include "services/metrics/rpc/orphans.h"
#include "services/metrics/series/snapshot.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace peer_observer::metrics {

class Rpc {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    Rpc(NodeRegistry& registry, const IpLists& lists);

    /// `time_s`: UNIX time of the event.
    bool observe(const proto::Rpc& event, std::int64_t time_s, TimePoint now);
    /// Lets gauges disappear whose answers have stopped coming.
    void tick(TimePoint now);

private:
    /// The last answer to one call.
    struct Answer {
        Snapshot gauges;
        TimePoint time;
        std::chrono::steady_clock::duration interval; ///< between the last two
        std::chrono::steady_clock::duration patience;
    };

    Answer& answer_of(const std::string& call, TimePoint now);

    NodeRegistry& registry_;
    const IpLists& lists_;
    RpcOrphans orphans_;
    RpcAddrMan addrman_;
    std::map<std::string, Answer> answers_;
};

} // namespace peer_observer::metrics
