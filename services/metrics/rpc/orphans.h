// The metrics peerobserver_rpc_getorphantxs_*.
#pragma once

#include "proto/rpc_chain.pb.h"
#include "services/metrics/series/snapshot.h"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

namespace peer_observer::metrics {

class RpcOrphans {
public:
    explicit RpcOrphans(NodeRegistry& registry) : registry_{registry} {}

    void observe(const proto::OrphanTxs& orphans, Snapshot& gauges);

private:
    using Bytes = std::unordered_map<std::string, std::uint64_t>; ///< by wtxid

    NodeRegistry& registry_;
    std::optional<Bytes> last_;
};

} // namespace peer_observer::metrics
