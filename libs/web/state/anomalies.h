// What the detector has reported: open anomalies and past ones.
#pragma once

#include "libs/base/ip.h"
#include "libs/web/state/limits.h"
#include "proto/event.pb.h"

#include <cstdint>
#include <map>
#include <optional>

namespace peer_observer::web {

class Anomalies {
public:
    struct Record {
        proto::AnomalyReport report; ///< the latest
        std::uint64_t opened_ns = 0;
        std::uint64_t updated_ns = 0;
        std::uint64_t closed_ns = 0; ///< 0 = open
        std::uint64_t updates = 0;
        std::optional<base::IpNetwork> network; ///< that the report's subject is
        bool is_open() const { return closed_ns == 0; }
    };

    void observe(const proto::Anomaly& anomaly, std::uint64_t timestamp_ns);

    const std::map<std::uint64_t, Record>& records() const { return records_; } ///< by anomaly_id

private:
    void make_room();

    std::map<std::uint64_t, Record> records_;
};

} // namespace peer_observer::web
