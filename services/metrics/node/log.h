// Metrics of the lines of the node's log.
#pragma once

#include "proto/log.pb.h"
#include "services/metrics/series/bounded_counters.h"
#include "services/metrics/series/buffered_histogram.h"
#include "services/metrics/series/registry.h"

#include <array>
#include <cstdint>
#include <string>

namespace peer_observer::metrics {

class Log {
public:
    explicit Log(NodeRegistry& registry);

    /// `time_ns`: of the event, where the line has no exact time of its own. False for a kind that is not known here.
    bool observe(const proto::Log& event, std::int64_t time_ns);

    void flush();

private:
    enum class Bandwidth : std::uint8_t { unknown, low, high };
    /// A block that is on its way; the hash is empty where there is none.
    struct Block {
        std::string hash;
        std::int64_t seen_us = 0;  ///< its header
        std::int64_t begun_us = 0; ///< its reconstruction
        Bandwidth bandwidth = Bandwidth::unknown;
    };

    void count_line(const proto::LogLine& line);
    void see_header(const proto::LogHeaderSeen& seen, std::int64_t time_us);
    void begin_reconstruction(const proto::LogCompactBlock& begun, std::int64_t time_us);
    void end_reconstruction(const proto::LogReconstructed& done, std::int64_t time_us);
    void update_tip(const proto::LogTipUpdated& tip, std::int64_t time_us);
    Block& block(const std::string& hash);

    NodeRegistry& registry_;
    BoundedCounters lines_;
    Counter& blocks_connected_;
    Counter& blocks_checked_;
    BoundedCounters mutated_;
    BoundedCounters refused_;
    BoundedCounters disconnects_;
    std::array<Counter*, 4> transactions_;
    Counter& headers_via_compact_block_;
    Counter& headers_via_headers_;
    BufferedHistogram reconstruction_;
    BufferedHistogram propagation_;
    std::array<Block, 16> blocks_; ///< the latest that were seen
    std::size_t next_block_ = 0;
};

} // namespace peer_observer::metrics
