// Files of captured packets as events: connections, and the messages of the v1 transport in them.
#pragma once

#include "services/archive-reader/captured_events.h"
#include "services/archive-reader/pcap/connection.h"
#include "services/archive-reader/pcap/node_ends.h"
#include "services/archive-reader/pcap/packet_file.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace peer_observer::archive_reader {

/// How much is kept of connections that may go on. Those in which nothing happened for the longest time are forgotten.
struct PacketLimits {
    std::size_t connections = 65'536;
    std::size_t bytes = std::size_t{512} << 20U;
};

/// The files are read together, in the order of the packets' times: a connection may go from one to the next.
class PacketEvents final : public CapturedEvents {
public:
    /// Throws std::runtime_error naming a file that cannot be opened.
    PacketEvents(const std::vector<std::filesystem::path>& files, NodeEnds node_ends, const p2p::Magic& magic,
                 PacketLimits limits = {});

    const proto::Event* next() override;
    void
    each_problem(const std::function<void(const std::filesystem::path&, const std::string&)>& report) const override;
    std::uint64_t bytes_done() const override;
    std::size_t peers() const override { return static_cast<std::size_t>(capture_.peers); }
    void log_what_is_left_out() const override;

    struct Counts {
        std::uint64_t packets_unreadable = 0; ///< damaged, or fragments of TCP
        std::uint64_t packets_cut = 0;
        std::uint64_t packets_of_others = 0; ///< of connections that are not the node's
        std::uint64_t connections_of_other_chain = 0;
        std::uint64_t connections_unknown = 0; ///< not of the P2P protocol, as far as one can see
        std::uint64_t connections_unreadable = 0;
        std::uint64_t connections_forgotten = 0;
        std::uint64_t holes = 0;
        std::uint64_t messages_rejected = 0;
        std::uint64_t out_of_sync = 0;
        std::set<std::string> unreadable_peers; ///< the first few
    };
    /// Of connections that have ended.
    const Counts& counts() const { return counts_; }

private:
    using Ends = std::pair<Endpoint, Endpoint>; ///< the lower one first
    struct Known {
        Ends ends;
        Connection connection;
    };
    using Position = std::list<Known>::iterator;

    void read_packet();
    void receive(const Segment& segment);
    Position find_or_add(const Segment& segment, const Endpoint& node);
    void forget(Position position);

    std::vector<std::unique_ptr<PacketFile>> files_;
    std::multimap<std::uint64_t, PacketFile*> queue_; ///< by the time of the next packet
    NodeEnds node_ends_;
    PacketLimits limits_;
    Capture capture_;
    std::list<Known> connections_; ///< the least recently heard of first
    std::map<Ends, Position> positions_;
    std::size_t memory_ = 0; ///< of all connections
    std::uint64_t time_ns_ = 0;
    Counts counts_;
    proto::Event event_;
};

} // namespace peer_observer::archive_reader
