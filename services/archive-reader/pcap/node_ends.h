// Which end of a connection is the node.
#pragma once

#include "libs/p2p/chain.h"
#include "services/archive-reader/pcap/segment.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace peer_observer::archive_reader {

class NodeEnds {
public:
    /// ADDRESS or ADDRESS:PORT, where PORT is the one on which the node listens; IPv6 with a port in brackets. Throws
    /// std::invalid_argument.
    explicit NodeEnds(const std::vector<std::string>& texts);

    /// Nothing where neither end is the node, or one cannot tell which.
    std::optional<Endpoint> node_of(const Endpoint& one, const Endpoint& other) const;
    /// Whether the node is known to listen there.
    bool is_listening(const Endpoint& end) const;

private:
    int likeness(const Endpoint& end) const;

    struct Known {
        base::IpBytes ip;
        std::optional<std::uint16_t> port;
    };
    std::vector<Known> known_;
};

/// What the beginning of a capture says.
struct Inferred {
    std::vector<std::string> addresses; ///< of which each is an end of all connections with messages
    bool has_loopback = false;          ///< a connection has one address at both ends
    std::optional<p2p::Magic> magic;    ///< of most messages
};

Inferred infer(const std::vector<std::filesystem::path>& files);

} // namespace peer_observer::archive_reader
