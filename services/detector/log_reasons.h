// Why a node refused a block, or gave a peer up, in the words of its log. The log-extractor is another publisher of the
// same node: what it says and what the peers do are joined by block, or by peer, and by time.
#pragma once

#include "libs/base/lru_map.h"
#include "proto/log.pb.h"
#include "services/detector/moment.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace peer_observer::detector {

struct LogReason {
    Moment at;
    std::uint64_t block = 0; ///< short hash; 0: the line names none
    std::optional<std::int64_t> peer_id;
    std::string text;
};

class LogReasons {
public:
    /// Lines are logged before the tracepoint fires, and read some milliseconds later.
    static constexpr Time kBefore = 5 * kSecond;
    static constexpr Time kAfter = kSecond;

    /// Whether an event of this arm of Log may have a reason.
    static bool is_looked_at(std::uint32_t arm);

    /// `node`: by the name that both publishers have for it.
    void add(const std::string& node, const Moment& at, const proto::Log& log);

    /// Who did it, between which times.
    struct Query {
        Time from = 0;
        Time to = 0;
        std::span<const std::uint64_t> blocks; ///< short hashes, in order
        std::span<const std::int64_t> peers;   ///< empty where ids do not tell peers apart
    };
    /// In the order of time, whatever the order in which they came.
    std::vector<LogReason> find(const std::string& node, const Query& query);

private:
    static constexpr std::size_t kMostNodes = 512;
    static constexpr std::size_t kMostOfNode = 512;

    struct Node {
        std::deque<LogReason> reasons;
        std::string mutated; ///< the reason of a mutated block: the next line names the peer
    };

    base::LruMap<std::string, Node> nodes_{kMostNodes};
};

/// What the log has said of one anomaly at one node so far: each line counts once.
class LoggedReasons {
public:
    void add(const std::vector<LogReason>& reasons);
    /// How many lines gave each reason; the first reasons, at most eight.
    const std::vector<std::pair<std::string, std::uint64_t>>& counts() const { return counts_; }
    /// The first lines.
    const std::vector<Moment>& evidence() const { return evidence_; }

private:
    static constexpr std::size_t kMostReasons = 8;
    static constexpr std::size_t kMostEvidence = 4;
    static constexpr std::size_t kMostLines = 4096;

    std::vector<std::pair<std::string, std::uint64_t>> counts_;
    std::vector<Moment> evidence_;
    std::set<std::pair<std::uint64_t, std::uint64_t>> lines_; ///< publisher and sequence number
};

} // namespace peer_observer::detector
