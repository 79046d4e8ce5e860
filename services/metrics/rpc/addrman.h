// The metrics peerobserver_rpc_getrawaddrman_*.
#pragma once

#include "proto/rpc_network.pb.h"
#include "services/metrics/series/snapshot.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

namespace peer_observer::metrics {

class RpcAddrMan {
public:
    explicit RpcAddrMan(NodeRegistry& registry) : registry_{registry} {}

    /// `time_s`: UNIX time of the answer.
    void observe(const proto::RawAddrMan& tables, std::int64_t time_s, Snapshot& gauges);

private:
    /// What is compared with the next answer. Hashes, because there are tens of thousands of them.
    struct Entry {
        std::size_t address;
        std::uint64_t services;
        std::int64_t time;
    };
    using Places = std::unordered_map<std::size_t, Entry>;
    using Table = google::protobuf::Map<std::string, proto::AddrManEntry>;

    void count_changes(std::string_view name, const Table& table, std::optional<Places>& last);

    NodeRegistry& registry_;
    std::array<std::optional<Places>, 2> last_; ///< new, tried
};

} // namespace peer_observer::metrics
