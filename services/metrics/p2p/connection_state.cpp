#include "services/metrics/p2p/connection_state.h"

#include <algorithm>

namespace peer_observer::metrics {
namespace {

constexpr std::size_t kMaxProcesses = 16;
constexpr std::size_t kMaxEvicted = 1024;

/// Whether two publishers may mean the same process. Not each of them need know when it started.
bool may_be_same(const ConnectionState::ProcessId& a, const ConnectionState::ProcessId& b)
{
    return a.pid == b.pid && (a.start_ms == b.start_ms || a.start_ms == 0 || b.start_ms == 0);
}

} // namespace

ConnectionState::Process ConnectionState::seen(const ProcessId& id)
{
    const auto is_it = [&](const Entry& process) { return process.id == id; };
    if (current_ < processes_.size() && is_it(processes_[current_])) return Process::same;

    auto found = std::ranges::find_if(processes_, is_it);
    const bool is_new = found == processes_.end();
    if (is_new) {
        for (Entry& process : processes_)
            process.alive = false;
        if (processes_.size() == kMaxProcesses)
            processes_.erase(std::ranges::min_element(processes_, {}, &Entry::last_heard));
        processes_.push_back({.id = id});
        found = std::prev(processes_.end());
    }
    found->alive = true;
    found->last_heard = ++clock_;
    current_ = static_cast<std::size_t>(found - processes_.begin());
    return is_new ? Process::unknown : Process::other;
}

void ConnectionState::opened(Direction direction, std::int64_t peer_id, std::uint64_t connection_count)
{
    Entry& process = processes_[current_];
    process.evicted.erase(peer_id);
    const std::uint64_t leaving = direction == Direction::inbound ? process.evicted.size() : 0;
    // This one is there in any case.
    process.counts[index(direction)] = connection_count > leaving ? connection_count - leaving : 1;
}

void ConnectionState::evicted(std::int64_t peer_id)
{
    Entry& process = processes_[current_];
    if (process.evicted.size() == kMaxEvicted) process.evicted.clear(); // their closing got lost
    if (!process.evicted.insert(peer_id).second) return;
    auto& count = process.counts[index(Direction::inbound)];
    if (count && *count > 0) --*count;
}

void ConnectionState::closed(Direction direction, std::int64_t peer_id)
{
    Entry& process = processes_[current_];
    if (process.evicted.erase(peer_id) > 0) return;
    auto& count = process.counts[index(direction)];
    if (count && *count > 0) --*count;
}

void ConnectionState::publisher_gone(std::uint64_t publisher_id)
{
    std::erase_if(processes_, [&](const Entry& process) { return process.id.publisher_id == publisher_id; });
    current_ = processes_.size();
}

std::optional<std::uint64_t> ConnectionState::current(Direction direction) const
{
    std::optional<std::uint64_t> sum;
    for (const Entry& process : processes_) {
        const auto& count = process.counts[index(direction)];
        if (process.alive && count && !is_superseded(process, direction)) sum = sum.value_or(0) + *count;
    }
    return sum;
}

/// Two publishers may report the same process; the one heard later counts.
bool ConnectionState::is_superseded(const Entry& process, Direction direction) const
{
    return std::ranges::any_of(processes_, [&](const Entry& other) {
        return may_be_same(other.id, process.id) && other.alive && other.counts[index(direction)] &&
               other.last_heard > process.last_heard;
    });
}

} // namespace peer_observer::metrics
