// What an operator is told of connections: each change once.
#pragma once

#include "proto/p2p_extractor.pb.h"

#include <set>
#include <string>

namespace peer_observer::p2p_extractor {

class Notices {
public:
    /// Logs the event if it says something new about the connection.
    void log(const std::string& node, const proto::P2pExtractor& event);

private:
    std::set<std::string> failing_; ///< node, address and reason of attempts since the last connection
};

} // namespace peer_observer::p2p_extractor
