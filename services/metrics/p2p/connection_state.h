// How many connections a node has, from the events about them.
#pragma once

#include "services/metrics/series/direction.h"

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>

namespace peer_observer::metrics {

/// Core tells, whenever a connection is opened, how many of its direction there are. So a count is right from the first
/// one on, also of connections opened before we looked, and gets right again after a loss of events.
///
/// The state is that of a process of the node as one publisher reports it. A process is its pid and the time of its
/// start: in a container bitcoind has the same pid each time. When a process shows up that was not there
/// (the node or the publisher was started again), those before it count as gone until they are heard again: one node
/// name may stand for several processes.
class ConnectionState {
public:
    struct ProcessId {
        std::uint64_t publisher_id = 0;
        std::uint32_t pid = 0;
        std::uint64_t start_ms = 0; ///< 0 = not known
        bool operator==(const ProcessId&) const = default;
    };

    enum class Process : std::uint8_t { same, other, unknown };
    /// To be called for each event, before the others. Whether its process is that of the event before, another one, or
    /// one that was not known.
    Process seen(const ProcessId& id);

    void opened(Direction direction, std::int64_t peer_id, std::uint64_t connection_count);
    /// Core marks the connection, still counts it, and closes it soon after.
    void evicted(std::int64_t peer_id);
    void closed(Direction direction, std::int64_t peer_id);

    void publisher_gone(std::uint64_t publisher_id);

    /// Nothing as long as no connection of this direction has been opened.
    std::optional<std::uint64_t> current(Direction direction) const;

private:
    struct Entry {
        ProcessId id;
        bool alive = true;
        std::uint64_t last_heard = 0;
        std::array<std::optional<std::uint64_t>, 2> counts; ///< by direction
        std::unordered_set<std::int64_t> evicted;           ///< and not yet closed
    };

    bool is_superseded(const Entry& process, Direction direction) const;

    std::vector<Entry> processes_;
    std::size_t current_ = 0; ///< in processes_: that of the last event
    std::uint64_t clock_ = 0;
};

} // namespace peer_observer::metrics
