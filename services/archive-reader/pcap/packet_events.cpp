#include "services/archive-reader/pcap/packet_events.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace peer_observer::archive_reader {
namespace {

constexpr std::size_t kNamedPeers = 10;

} // namespace

PacketEvents::PacketEvents(const std::vector<std::filesystem::path>& files, NodeEnds node_ends, const p2p::Magic& magic,
                           PacketLimits limits)
    : node_ends_{std::move(node_ends)}, limits_{limits}
{
    capture_.magic = magic;
    for (const auto& path : files) {
        auto& file = files_.emplace_back(std::make_unique<PacketFile>(path));
        if (const auto& front = file->front()) queue_.emplace(front->time_ns, file.get());
    }
}

const proto::Event* PacketEvents::next()
{
    while (capture_.events.empty()) {
        if (!queue_.empty()) {
            read_packet();
        } else if (!connections_.empty()) {
            forget(connections_.begin());
        } else {
            return nullptr;
        }
    }
    event_ = std::move(capture_.events.front());
    capture_.events.pop_front();
    return &event_;
}

void PacketEvents::each_problem(
    const std::function<void(const std::filesystem::path&, const std::string&)>& report) const
{
    for (const auto& file : files_)
        if (!file->problem().empty()) report(file->path(), file->problem());
}

std::uint64_t PacketEvents::bytes_done() const
{
    std::uint64_t bytes = 0;
    for (const auto& file : files_)
        bytes += file->position();
    return bytes;
}

void PacketEvents::read_packet()
{
    auto& file = *queue_.begin()->second;
    queue_.erase(queue_.begin());
    time_ns_ = file.front()->time_ns;
    const auto segment = read_segment(file.link_type(), file.front()->bytes);
    if (segment) {
        if (segment->is_cut) ++counts_.packets_cut;
        receive(*segment);
    } else if (segment.error() != NotRead::other) {
        ++counts_.packets_unreadable;
    }
    file.pop();
    if (const auto& front = file.front()) queue_.emplace(front->time_ns, &file);
}

void PacketEvents::receive(const Segment& segment)
{
    const auto node = node_ends_.node_of(segment.source, segment.destination);
    if (!node) {
        ++counts_.packets_of_others;
        return;
    }
    const auto position = find_or_add(segment, *node);
    auto& connection = position->connection;
    memory_ -= connection.memory();
    connection.receive(segment, time_ns_);
    memory_ += connection.memory();
    while (connections_.size() > 1 && (connections_.size() > limits_.connections || memory_ > limits_.bytes)) {
        forget(connections_.begin());
        ++counts_.connections_forgotten;
    }
}

PacketEvents::Position PacketEvents::find_or_add(const Segment& segment, const Endpoint& node)
{
    const Ends ends = std::minmax(segment.source, segment.destination);
    auto found = positions_.find(ends);
    if (found != positions_.end() && segment.syn && found->second->connection.is_of_next(segment)) {
        forget(found->second);
        found = positions_.end();
    }
    if (found != positions_.end()) {
        connections_.splice(connections_.end(), connections_, found->second);
        return found->second;
    }
    const auto& peer = segment.source == node ? segment.destination : segment.source;
    connections_.push_back({ends, Connection{capture_, node, peer, node_ends_.is_listening(node)}});
    const auto position = std::prev(connections_.end());
    positions_.emplace(ends, position);
    memory_ += position->connection.memory();
    return position;
}

void PacketEvents::forget(Position position)
{
    auto& connection = position->connection;
    memory_ -= connection.memory();
    connection.end(time_ns_);
    counts_.holes += connection.holes();
    counts_.messages_rejected += connection.rejected();
    counts_.out_of_sync += connection.out_of_sync();
    switch (connection.content()) {
    case Connection::Content::messages:
        break;
    case Connection::Content::other_chain:
        ++counts_.connections_of_other_chain;
        break;
    case Connection::Content::unreadable:
        ++counts_.connections_unreadable;
        if (counts_.unreadable_peers.size() < kNamedPeers)
            counts_.unreadable_peers.insert(to_string(connection.peer()));
        break;
    case Connection::Content::unknown:
        ++counts_.connections_unknown;
        break;
    }
    positions_.erase(position->ends);
    connections_.erase(position);
}

void PacketEvents::log_what_is_left_out() const
{
    const auto say = [](std::uint64_t count, std::string_view what) {
        if (count > 0) spdlog::warn("{} {}", count, what);
    };
    if (counts_.connections_unreadable > 0)
        spdlog::warn("{} connections were not read: they use the v2 transport, which is encrypted, or another "
                     "protocol. The first peers of these: {}",
                     counts_.connections_unreadable, fmt::join(counts_.unreadable_peers, ", "));
    say(counts_.connections_of_other_chain, "connections have messages of another chain, and were not read");
    say(counts_.connections_unknown, "connections of the node have no message of the v1 transport");
    say(counts_.holes, "times messages are missing because the capture lacks segments; each is an event, events_lost");
    say(counts_.packets_cut, "packets were captured in part only; give tcpdump -s 0");
    say(counts_.packets_unreadable, "packets were not read: damaged, or fragments");
    say(counts_.packets_of_others, "packets are of connections of which neither end, or either end, may be the node");
    say(counts_.messages_rejected,
        "messages have a wrong checksum or type, and were left out: Bitcoin Core ignores them");
    say(counts_.out_of_sync, "times there was something else where a message should begin");
    say(counts_.connections_forgotten,
        "connections were forgotten before they ended because there were too many; what came later is another peer");
}

} // namespace peer_observer::archive_reader
