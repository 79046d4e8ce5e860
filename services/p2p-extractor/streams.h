// The published streams of events, one per node, each with a publisher's id and numbers of its own.
#pragma once

#include "libs/bus/publisher.h"
#include "proto/p2p_extractor.pb.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace peer_observer::p2p_extractor {

class Streams {
public:
    /// The publisher outlives the streams; it has no node of its own. Subscribers hear of each node at once.
    Streams(bus::Publisher& publisher, const std::vector<std::string>& nodes,
            const std::function<std::uint64_t()>& random);
    /// Says of each that it stops.
    ~Streams();
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;

    /// An event of one of the nodes, which happened now.
    void add(const std::string& node, proto::P2pExtractor&& event);
    /// Publishes what was added.
    void flush();
    std::uint64_t count() const { return count_; }

private:
    struct Stream {
        std::uint64_t publisher_id = 0;
        std::uint64_t next_sequence = 0;
        std::string batch = {}; ///< what has not left yet; empty or with at least one event
    };

    void begin(const std::string& node, Stream& stream);

    bus::Publisher& publisher_;
    std::map<std::string, Stream, std::less<>> streams_;
    std::uint64_t count_ = 0;
};

} // namespace peer_observer::p2p_extractor
