// What Bitcoin Core punished a peer for.
#pragma once

#include "services/detector/peer.h"

#include <string>

namespace peer_observer::detector {

/// Every reason that Core has (calls of Misbehaving() in net_processing.cpp) is about what the peer's latest message
/// was, but for a block that is connected later, when its parent has come: that one has an empty text.
inline bool is_about_blocks(const std::string& reason, const Peer& peer)
{
    using Payload = proto::MessagePayload;
    if (reason.empty()) return true;
    return peer.latest_type == Payload::kBlock || peer.latest_type == Payload::kCmpctblock ||
           peer.latest_type == Payload::kBlocktxn || peer.latest_type == Payload::kHeaders;
}

} // namespace peer_observer::detector
